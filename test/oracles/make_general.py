"""Makes the small files of test/fixtures/general and the numbers that other readers find in them (general.json), and with
--real FOLDER the numbers of the real files (general_real.json).

    pip install numpy tifffile imagecodecs scipy Pillow pypng zarr
    python test/oracles/make_general.py [--real ../shared/real]
"""

import argparse
import json
import os
import shutil
import warnings

import numcodecs
import numpy as np
import png as pypng
import scipy.io
import tifffile
import zarr
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "fixtures", "general")


def pattern(shape, dtype, top=None):
    """Smooth in every axis with a step, so that a wrong predictor, order or offset shows."""
    grid = np.meshgrid(*[np.arange(n) for n in shape], indexing="ij")
    values = sum((3 + 2 * k) * g for k, g in enumerate(grid)) + 40 * ((grid[-1] + grid[-2 % len(grid)]) % 7 == 0)
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return (values / 7 - 11).astype(dtype)
    if dtype.kind == "i":
        return (values % min(2**15, np.iinfo(dtype).max) - 60).astype(dtype)
    top = top or min(np.iinfo(dtype).max, 60000)
    return (values * (min(top, 65536) // 997 + 1) % top).astype(dtype)


def luminance(array):
    """ITU-R BT.601 as float64; alpha left out."""
    rgb = array[..., :3].astype(np.float64)
    return rgb @ np.array([0.299, 0.587, 0.114])


def numbers(array, **more):
    array = np.asarray(array).astype(np.float64)
    flat = array.ravel()
    at = sorted({0, 1, flat.size // 3, flat.size // 2, (2 * flat.size) // 3, flat.size - 2, flat.size - 1})
    return {"shape": list(array.shape), "sum": float(flat.sum()), "values": [[i, float(flat[i])] for i in at], **more}


def tiffs(expected):
    def write(name, array, expect=None, scale=None, **options):
        path = os.path.join(OUT, name)
        tifffile.imwrite(path, array, **options)
        back = tifffile.imread(path) if expect is None else expect
        expected[name] = [numbers(back, **({"scale": scale} if scale else {}))]

    for dtype in ["u1", "u2", "i2", "u4", "i4", "f2", "f4", "f8", "i1", "u8"]:
        write(f"strips_{dtype}.tif", pattern((19, 23), dtype), rowsperstrip=4)
    write("big_endian_u2.tif", pattern((19, 23), "u2"), byteorder=">")
    write("big_endian_lzw_predictor_u2.tif", pattern((19, 23), "u2"), byteorder=">", compression="lzw", predictor=2)
    write("lzw_predictor_f4.tif", pattern((40, 41), "f4"), compression="lzw", predictor=3)
    write("big_endian_predictor_f8.tif", pattern((19, 23), "f8"), byteorder=">", compression="deflate", predictor=3)
    write("lzw_long_u1.tif", pattern((150, 160), "u1"), compression="lzw")
    write("deflate_f8.tif", pattern((40, 41), "f8"), compression="deflate")
    write("packbits_u1.tif", pattern((40, 41), "u1") // 64 * 64, compression="packbits")
    write("predictor_u4.tif", pattern((19, 23), "u4"), compression="deflate", predictor=2)
    write("tiles_predictor_u2.tif", pattern((50, 61), "u2"), tile=(16, 32), compression="deflate", predictor=2)
    write("bigtiff_tiles_f4.tif", pattern((50, 33), "f4"), bigtiff=True, tile=(32, 16))
    write("pages_u2.tif", pattern((5, 17, 19), "u2"), photometric="minisblack")
    write("bigtiff_pages_be_u2.tif", pattern((5, 17, 19), "u2"), bigtiff=True, byteorder=">", photometric="minisblack")
    rgb = pattern((29, 31, 3), "u1")
    write("rgb_lzw_predictor.tif", rgb, luminance(rgb), photometric="rgb", compression="lzw", predictor=2)
    planes = np.moveaxis(rgb, -1, 0).copy()
    write("rgb_planar.tif", planes, luminance(rgb), photometric="rgb", planarconfig="separate")
    gray3 = np.repeat(pattern((29, 31), "u2")[..., None], 3, axis=-1)
    write("rgb_equal_u2.tif", gray3, gray3[..., 0], photometric="rgb")
    write("imagej_nm.tif", pattern((4, 17, 19), "f4"), imagej=True, resolution=(50.0, 40.0),
          metadata={"unit": "nm", "axes": "TYX", "finterval": 0.5},
          scale={"row": [0.025, "nm"], "column": [0.02, "nm"], "frame": [0.5, "s"]})
    write("imagej_micron_slices.tif", pattern((3, 17, 19), "u2"), imagej=True, resolution=(50000.0, 50000.0),
          metadata={"unit": "um", "axes": "ZYX", "spacing": 0.001},
          scale={"row": [0.02, "nm"], "column": [0.02, "nm"], "frame": [1.0, "nm"]})
    write("ome.tif", pattern((3, 17, 19), "u2"), ome=True,
          metadata={"axes": "TYX", "PhysicalSizeX": 0.02, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 0.00003,
                    "PhysicalSizeYUnit": "µm"},
          scale={"row": [0.03, "nm"], "column": [0.02, "nm"]})
    # Hyperstacks: (T, Z, C, Y, X) by ImageJ, one dataset a channel; OME with the channels slowest.
    def write_channels(name, array, channel_axis, scale, **options):
        tifffile.imwrite(os.path.join(OUT, name), array, **options)
        planes = np.moveaxis(array, channel_axis, 0)
        stacks = [plane.reshape(-1, *array.shape[-2:]) for plane in planes]
        expected[name] = [numbers(stack[0] if len(stack) == 1 else stack, scale=scale) for stack in stacks]

    write_channels("imagej_tzc.tif", pattern((2, 3, 2, 17, 19), "u2"), 2,
                   {"row": [0.02, "nm"], "column": [0.02, "nm"], "frame": [1.0, "px"]}, imagej=True,
                   resolution=(50.0, 50.0), metadata={"unit": "nm", "axes": "TZCYX", "spacing": 0.3, "finterval": 2})
    write_channels("imagej_tc.tif", pattern((4, 2, 17, 19), "f4"), 1,
                   {"row": [0.02, "nm"], "column": [0.02, "nm"], "frame": [2.0, "s"]}, imagej=True,
                   resolution=(50.0, 50.0), metadata={"unit": "nm", "axes": "TCYX", "finterval": 2})
    write_channels("imagej_c.tif", pattern((3, 17, 19), "u1"), 0, {"row": [0.02, "nm"], "column": [0.02, "nm"]},
                   imagej=True, resolution=(50.0, 50.0), metadata={"unit": "nm", "axes": "CYX"})
    write_channels("ome_ct.tif", pattern((2, 3, 17, 19), "u2"), 0,
                   {"row": [0.02, "nm"], "column": [0.02, "nm"], "frame": [0.5, "s"]}, ome=True,
                   metadata={"axes": "CTYX", "PhysicalSizeX": 0.02, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 0.02,
                             "PhysicalSizeYUnit": "nm", "TimeIncrement": 0.5, "TimeIncrementUnit": "s"})

    write("dpi_only.tif", pattern((19, 23), "u1"), resolution=(300, 300), resolutionunit="INCH",
          scale={"row": [1.0, "px"], "column": [1.0, "px"]})
    fei = "[System]\r\nSystemType=Helios\r\n[Scan]\r\nPixelWidth=2e-10\r\nPixelHeight=3e-10\r\n"
    write("fei.tif", pattern((19, 23), "u1"), extratags=[(34682, "s", len(fei) + 1, fei, True)],
          scale={"row": [0.3, "nm"], "column": [0.2, "nm"]})
    gatan = [(65003, "s", 3, "nm", True), (65004, "s", 3, "nm", True), (65009, "d", 1, 0.03, True),
             (65010, "d", 1, 0.02, True)]
    write("gatan.tif", pattern((19, 23), "f4"), extratags=gatan, scale={"row": [0.03, "nm"], "column": [0.02, "nm"]})

    with tifffile.TiffWriter(os.path.join(OUT, "two_shapes.tif")) as tif:
        for shape in [(17, 19), (11, 13), (17, 19)]:
            tif.write(pattern(shape, "u2"), contiguous=False)
    expected["two_shapes.tif"] = [numbers(np.stack([pattern((17, 19), "u2")] * 2)), numbers(pattern((11, 13), "u2"))]
    channels = pattern((17, 19, 2), "u2")
    tifffile.imwrite(os.path.join(OUT, "channels.tif"), channels, photometric="minisblack", planarconfig="contig")
    expected["channels.tif"] = [numbers(channels[..., 0]), numbers(channels[..., 1])]

    bits = pattern((19, 23), "u1") > 100
    Image.fromarray(bits).save(os.path.join(OUT, "bilevel.tif"))
    expected["bilevel.tif"] = [numbers(np.array(Image.open(os.path.join(OUT, "bilevel.tif"))))]
    palette_image().save(os.path.join(OUT, "palette.tif"))
    expected["palette.tif"] = [numbers(luminance(np.array(palette_image().convert("RGB"))))]


def palette_image():
    image = Image.fromarray(pattern((19, 23), "u1") % 16, "P")
    image.putpalette([c for i in range(16) for c in (17 * i, 255 - 13 * i, (50 * i) % 256)])
    return image


def pngs(expected):
    for mode, array in [("L", pattern((29, 31), "u1")), ("RGB", pattern((29, 31, 3), "u1")),
                        ("RGBA", pattern((29, 31, 4), "u1")), ("LA", pattern((29, 31, 2), "u1"))]:
        path = os.path.join(OUT, f"{mode.lower()}.png")
        Image.fromarray(array, mode).save(path)
        back = np.array(Image.open(path))
        expected[f"{mode.lower()}.png"] = [numbers(luminance(back) if mode[0] == "R" else back if mode == "L" else back[..., 0])]
    palette_image().save(os.path.join(OUT, "palette.png"))
    expected["palette.png"] = [numbers(luminance(np.array(Image.open(os.path.join(OUT, "palette.png")).convert("RGB"))))]
    for bits in [1, 2, 4, 16]:
        for interlace in [False, True]:
            array = pattern((29, 31), "u4", 2**bits)
            name = f"gray{bits}{'_interlaced' if interlace else ''}.png"
            writer = pypng.Writer(31, 29, greyscale=True, bitdepth=bits, interlace=interlace)
            with open(os.path.join(OUT, name), "wb") as file:
                writer.write(file, array.tolist())
            rows = np.array(list(pypng.Reader(filename=os.path.join(OUT, name)).read()[2]))
            expected[name] = [numbers(rows)]
    array = pattern((13, 17, 3), "u2")
    with open(os.path.join(OUT, "rgb16_interlaced.png"), "wb") as file:
        pypng.Writer(17, 13, greyscale=False, bitdepth=16, interlace=True).write(file, array.reshape(13, -1).tolist())
    expected["rgb16_interlaced.png"] = [numbers(luminance(array))]


def jpegs(expected):
    y, x = np.mgrid[0:40, 0:50]
    smooth = (120 + 60 * np.sin(x / 6) * np.cos(y / 7)).astype(np.uint8)
    colour = np.stack([smooth, 255 - smooth, smooth // 2], axis=-1)
    for name, array, options in [("gray.jpg", smooth, {}), ("rgb.jpg", colour, {"subsampling": 0}),
                                 ("progressive.jpg", smooth, {"progressive": True})]:
        path = os.path.join(OUT, name)
        Image.fromarray(array).save(path, quality=92, **options)
        back = np.array(Image.open(path))
        expected[name] = [numbers(luminance(back) if back.ndim == 3 else back, tolerance=2.5)]


def npys(expected):
    def write(name, array, back=None, version=None):
        with open(os.path.join(OUT, name), "wb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            np.lib.format.write_array(file, array, version=version)
        expected[name] = [numbers(array if back is None else back)]

    for dtype in ["i1", "u1", "<i2", ">i2", "<u2", ">u2", "<i4", ">u4", "<i8", ">u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]:
        write(f"{dtype.replace('<', 'le_').replace('>', 'be_')}.npy", pattern((20, 21), dtype))
    write("bool.npy", pattern((20, 21), "u1") > 90)
    complex_values = pattern((20, 21), "f8") + 1j * pattern((20, 21), "f8").T.reshape(20, 21)
    write("c8.npy", complex_values.astype("<c8"), np.abs(complex_values.astype("<c8")))
    write("c16_be.npy", complex_values.astype(">c16"), np.abs(complex_values))
    write("fortran.npy", np.asfortranarray(pattern((17, 19), "f4")))
    write("fortran_stack_v2.npy", np.asfortranarray(pattern((3, 17, 19), "u2")), version=(2, 0))
    write("colour.npy", pattern((17, 19, 3), "u1"), luminance(pattern((17, 19, 3), "u1")))
    write("map.npy", pattern((6, 7, 9), "f4"))
    write("spectra.npy", pattern((100, 5), "f4"))
    write("spectrum.npy", pattern((2, 50), "f4")[0].copy(), pattern((2, 50), "f4")[:1])
    record = np.zeros((17, 19), dtype=[("höhe", "<f4"), ("n", ">i2"), ("label", "S3"), ("curve", "<f8", (4,))])
    record["höhe"], record["n"], record["curve"] = pattern((17, 19), "f4"), pattern((17, 19), "i2"), pattern((17, 19, 4), "f8")
    write("structured_v3.npy", record, record["n"], version=(3, 0))
    expected["structured_v3.npy"] = [numbers(record["höhe"]), numbers(record["n"]), numbers(record["curve"])]
    np.save(os.path.join(OUT, "object.npy"), np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    a, b = pattern((17, 19), "f4"), pattern((3, 17, 19), "u2")
    np.savez(os.path.join(OUT, "stored.npz"), a=a, b=b, names=np.array(["x", "y"]))
    np.savez_compressed(os.path.join(OUT, "deflated.npz"), a=a, b=b)
    expected["stored.npz"] = expected["deflated.npz"] = [numbers(a), numbers(b)]


def mats(expected):
    values = {"image": pattern((17, 19), "f8"), "stack": pattern((3, 17, 19), "u2"), "single": pattern((18, 19), "f4"),
              "amplitude": pattern((17, 19), "f4") * (1 + 2j), "step_nm": 0.02, "note": "Größe",
              "skip": {"inner": pattern((3, 3), "f8")}, "cell": np.array(["a", 1], dtype=object), "integers": pattern((17, 19), "i2")}
    for name, compress in [("plain.mat", False), ("compressed.mat", True)]:
        scipy.io.savemat(os.path.join(OUT, name), values, do_compression=compress)
        back = scipy.io.loadmat(os.path.join(OUT, name))
        expected[name] = [numbers(np.abs(back[key]) if key == "amplitude" else back[key])
                          for key in ["image", "stack", "single", "amplitude", "integers"]]


def texts(expected):
    matrix = pattern((17, 19), "f8")
    np.savetxt(os.path.join(OUT, "matrix.csv"), matrix, delimiter=",", fmt="%.6g", header="made by NumPy\nunit nm")
    np.savetxt(os.path.join(OUT, "matrix.tsv"), matrix, delimiter="\t", fmt="%.6g")
    np.savetxt(os.path.join(OUT, "blanks.txt"), matrix, fmt="%12.5e")
    back = np.loadtxt(os.path.join(OUT, "matrix.csv"), delimiter=",")
    expected["matrix.csv"] = expected["matrix.tsv"] = [numbers(back)]
    expected["blanks.txt"] = [numbers(np.loadtxt(os.path.join(OUT, "blanks.txt")))]
    with open(os.path.join(OUT, "matrix.csv")) as file:
        text = file.read()
    with open(os.path.join(OUT, "decimal_comma.csv"), "w", newline="\r\n") as file:
        file.write(text.replace(",", ";").replace(".", ","))
    expected["decimal_comma.csv"] = expected["matrix.csv"]
    energy, counts = np.arange(60) * 0.25 + 450, pattern((2, 60), "f8")[1]
    np.savetxt(os.path.join(OUT, "spectrum.csv"), np.stack([energy, counts], 1), delimiter=",", fmt="%.6g", comments="",
               header="Energy loss (eV),Intensity (counts)")
    back = np.loadtxt(os.path.join(OUT, "spectrum.csv"), delimiter=",", skiprows=1)[:, 1]
    expected["spectrum.csv"] = [numbers(back[None], scale={"energy": [0.25, "eV"]})]


def zarrs(expected):
    stack = pattern((5, 40, 50), "u2")
    cases = {
        "v2_gzip": dict(zarr_format=2, compressors=numcodecs.GZip()),
        "v3": dict(zarr_format=3, compressors=None),
        "v3_zstd": dict(zarr_format=3, compressors=zarr.codecs.ZstdCodec()),
        "v3_blosc_shard": dict(zarr_format=3, shards=(5, 40, 50), compressors=zarr.codecs.BloscCodec()),
    }
    for name, options in cases.items():
        path = os.path.join(OUT, f"{name}.zarr.zip")
        if os.path.exists(path):
            os.remove(path)
        store = zarr.storage.ZipStore(path, mode="w")
        group = zarr.open_group(store, mode="w", zarr_format=options["zarr_format"])
        array = group.create_array("0", shape=stack.shape, dtype=stack.dtype, chunks=(1, 20, 25),
                                   **{k: v for k, v in options.items() if k != "zarr_format"})
        array[...] = stack
        group.attrs["multiscales"] = [{
            "version": "0.4", "name": "stack",
            "axes": [{"name": "t", "type": "time", "unit": "second"}, {"name": "y", "type": "space", "unit": "nanometer"},
                     {"name": "x", "type": "space", "unit": "nanometer"}],
            "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [0.5, 0.03, 0.02]}]}]}]
        store.close()
        expected[f"{name}.zarr.zip"] = [numbers(stack, scale={"frame": [0.5, "s"], "row": [0.03, "nm"], "column": [0.02, "nm"]})]


def real(folder):
    def load(path):
        if path.endswith((".tif", ".tiff")):
            return tifffile.imread(path)
        if path.endswith(".png"):
            return np.array(Image.open(path))
        if path.endswith(".npy"):
            return np.load(path)
        if path.endswith(".npz"):
            data = np.load(path)
            return [data[k][f] for k in data.files for f in (data[k].dtype.names or [...])]
        return next(v for k, v in scipy.io.loadmat(path).items() if not k.startswith("__"))

    found = {}
    for root, _, files in sorted(os.walk(folder)):
        for file in sorted(files):
            path = os.path.join(root, file)
            if not file.endswith((".tif", ".tiff", ".png", ".npy", ".npz", ".mat")):
                continue
            arrays = load(path)
            arrays = arrays if isinstance(arrays, list) else [arrays]
            rgb = [a.ndim == 3 and a.shape[-1] == 3 and a.dtype == np.uint8 for a in arrays]
            found[os.path.relpath(path, folder)] = [numbers(luminance(a) if c else a) for a, c in zip(arrays, rgb)]
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--real")
    options = parser.parse_args()
    shutil.rmtree(OUT, ignore_errors=True)
    os.makedirs(OUT)
    expected = {}
    for make in [tiffs, pngs, jpegs, npys, mats, texts, zarrs]:
        make(expected)
    save("general.json", expected)
    if options.real:
        save("general_real.json", real(options.real))


def save(name, content):
    with open(os.path.join(HERE, name), "w") as file:
        json.dump(content, file, indent=1)


if __name__ == "__main__":
    main()
