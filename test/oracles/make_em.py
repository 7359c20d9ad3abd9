"""Makes small electron-microscopy files with the field's own writers, and writes what independent readers see in them.

Run from the repository's root, in an environment with numpy, h5py, mrcfile, rosettasciio, numba, pint, sparse, ncempy, sidpy, pyNSID, pyUSID:

    python test/oracles/make_em.py [folder of real files]

Writes test/fixtures/em/* and test/oracles/em.json; with a folder, also test/oracles/em_real.json.
"""

import json
import sys
from pathlib import Path

import h5py
import mrcfile
import numpy as np

FIXTURES = Path("test/fixtures/em")
ORACLES = Path("test/oracles")
RNG = np.random.default_rng(20)
found = {}


def numbers(data, dtype=None):
    """Shape, mean and a few values (first, last and three between, by flat index) of an array in float64."""
    flat = np.abs(data).ravel() if np.iscomplexobj(data) else np.asarray(data, dtype=np.float64).ravel()
    picks = sorted({0, flat.size // 7, flat.size // 3, flat.size // 2, flat.size - 1})
    return {
        "shape": list(data.shape),
        "mean": float(np.mean(flat)),
        "values": [[int(i), float(flat[i])] for i in picks],
        **({"dtype": dtype} if dtype else {}),
    }


def record(file, data, kind, axes, dataset=0, dtype=None):
    """axes: (scale, unit, offset) of each axis of `data`."""
    entry = {"kind": kind, "dataset": dataset, "axes": [list(axis) for axis in axes], **numbers(data, dtype)}
    found.setdefault(file, []).append(entry)


PX = (1, "px", 0)


def make_mrc():
    def write(name, data, voxel=None, volume=False, **options):
        with mrcfile.new(FIXTURES / name, data, overwrite=True, **options) as mrc:
            if voxel:
                mrc.voxel_size = voxel
            if data.ndim == 3 and volume:
                mrc.set_volume()
            elif data.ndim == 3:
                mrc.set_image_stack()
        with mrcfile.open(FIXTURES / name) as mrc:
            read, size = np.array(mrc.data), mrc.voxel_size
            z, y, x = (float(size[axis]) / 10 for axis in "zyx")
        plane = [(y, "nm", 0), (x, "nm", 0)] if voxel else [PX, PX]
        frame = [(z, "nm", 0) if volume and voxel else PX] if read.ndim == 3 else []
        dtype = {"f": "float", "i": "int", "u": "uint"}[read.dtype.kind] + str(read.dtype.itemsize * 8)
        record(name, read, "stack" if read.ndim == 3 else "image", frame + plane, dtype=dtype)

    image = RNG.normal(100, 30, (5, 7))
    write("mode0.mrc", np.round(image - 120).astype(np.int8), voxel=1.5)
    write("mode1.mrc", np.round(image * 50).astype(np.int16), voxel=(0.8, 0.4, 1))
    write("mode2_volume.mrc", RNG.normal(size=(3, 5, 7)).astype(np.float32), voxel=(2, 3, 4), volume=True)
    write("mode6_stack.mrc", RNG.integers(0, 65535, (3, 5, 7)).astype(np.uint16))
    write("mode12.mrc", image.astype(np.float16), voxel=2.5)


def make_plain():
    name = "plain.h5"
    with h5py.File(FIXTURES / name, "w") as h5:
        image = RNG.normal(size=(6, 9))
        h5["a_float64"] = image
        h5.create_dataset("b_big_endian", data=np.arange(54).reshape(6, 9).astype(">i2"))
        h5.create_dataset("c_packed", data=image.astype("f4"), chunks=(4, 4), compression="gzip", shuffle=True, fletcher32=True)
        h5.create_dataset("d_complex", data=(image + 2j * image.mean()).astype("c16"))
        h5.create_dataset("e_half", data=image.astype("f2"))
        h5.create_dataset("f_int64", data=(image * 1000).astype("i8"))
        h5.create_dataset("g/stack", data=RNG.integers(0, 255, (2, 17, 16)).astype("u1"))
        h5.create_dataset("g/four", data=RNG.integers(0, 255, (2, 2, 16, 17)).astype("u2"))
        h5.create_dataset("h_bool", data=image > 0)
        h5.create_dataset("i_text", data="not numbers")
        h5.create_dataset("z_vector", data=np.linspace(0, 1, 50))
        kinds = [
            ("a_float64", "image", "float64"), ("b_big_endian", "image", "int16"), ("c_packed", "image", "float32"),
            ("d_complex", "image", "complex128"), ("e_half", "image", "float16"), ("f_int64", "image", "int64"),
            ("g/four", "stack", "uint16"), ("g/stack", "stack", "uint8"), ("h_bool", "image", "int8"),
        ]
        for index, (path, kind, dtype) in enumerate(kinds):
            data = h5[path][()]
            data = data.reshape(-1, 16, 17) if data.ndim == 4 else data
            record(name, data, kind, [PX] * data.ndim, index, dtype)
        record(name, h5["z_vector"][()].reshape(1, -1), "spectra", [PX, PX], len(kinds), "float64")


def make_matlab():
    name = "matlab73.mat"
    image = RNG.normal(size=(8, 11))
    with h5py.File(FIXTURES / name, "w", userblock_size=512) as h5:
        h5.create_dataset("image", data=image.T).attrs["MATLAB_class"] = np.bytes_("double")
    with open(FIXTURES / name, "r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file".ljust(116) + bytes(8) + b"\x00\x02IM")
    record(name, image, "image", [PX, PX], dtype="float64")


def make_nsid():
    import pyNSID
    import sidpy

    name = "nsid.hf5"
    data = RNG.normal(size=(6, 5, 9)).astype(np.float32)
    dataset = sidpy.Dataset.from_array(data, title="map")
    dataset.data_type, dataset.units, dataset.quantity = "spectral_image", "counts", "intensity"
    spatial = {"quantity": "distance", "units": "um", "dimension_type": "spatial"}
    dataset.set_dimension(0, sidpy.Dimension(np.arange(6) * 0.002, name="x", **spatial))
    dataset.set_dimension(1, sidpy.Dimension(np.arange(5) * 0.003, name="y", **spatial))
    loss = {"quantity": "energy-loss", "units": "eV", "dimension_type": "spectral"}
    dataset.set_dimension(2, sidpy.Dimension(np.arange(9) * 0.25 + 350, name="energy", **loss))
    with h5py.File(FIXTURES / name, "w") as h5:
        group = h5.create_group("Measurement_000/Channel_000")
        pyNSID.hdf_io.write_nsid_dataset(dataset, group, main_data_name="map")
    axes = [(3.0, "nm", 0), (2.0, "nm", 0), (0.25, "eV", 350)]
    record(name, data.transpose(1, 0, 2), "spectral-map", axes, dtype="float32")


def make_usid():
    import pyUSID as usid

    np.product = np.prod  # pyUSID 0.0.13 still calls the name that NumPy 2 dropped.
    name = "usid.h5"
    rows, columns, steps = 4, 6, 8
    data = RNG.normal(size=(rows * columns, steps)).astype(np.float32)
    positions = [
        usid.Dimension("X", "um", np.arange(columns) * 0.004),
        usid.Dimension("Y", "um", np.arange(rows) * 0.005),
    ]
    spectral = [usid.Dimension("Bias", "V", np.linspace(-3, 4, steps))]
    path = FIXTURES / name
    path.unlink(missing_ok=True)
    usid.ArrayTranslator().translate(str(path), "raw", data, "Current", "nA", positions, spectral)
    axes = [(5.0, "nm", 0), (4.0, "nm", 0), (1.0, "V", -3)]
    record(name, data.reshape(rows, columns, steps), "spectral-map", axes, dtype="float32")


def hyperspy_signal(data, axes):
    return {
        "data": data,
        "axes": [
            {"_type": "UniformDataAxis", "name": n, "scale": s, "offset": o, "units": u, "size": z,
             "navigate": v, "index_in_array": i, "is_binned": False}
            for i, (n, z, s, u, o, v) in enumerate(axes)
        ],
        "metadata": {"General": {"title": "made"}, "Signal": {"signal_type": "", "quantity": "Electrons (Counts)"}},
        "original_metadata": {}, "learning_results": {}, "attributes": {"_lazy": False, "ragged": False},
        "package_info": {"package": "rosettasciio", "package_version": "0"},
        "models": {}, "tmp_parameters": {},
    }


def make_hyperspy():
    from rsciio import hspy

    image = RNG.normal(size=(12, 14)).astype(np.float32)
    axes = [("y", 12, 20.0, "pm", -40.0, False), ("x", 14, 25.0, "pm", 50.0, False)]
    hspy.file_writer(str(FIXTURES / "image.hspy"), hyperspy_signal(image, axes))
    record("image.hspy", image, "image", [(0.02, "nm", -0.04), (0.025, "nm", 0.05)], dtype="float32")
    spectra = RNG.integers(0, 1000, (3, 4, 20)).astype(np.uint16)
    axes = [("y", 3, 0.5, "nm", 0.0, True), ("x", 4, 0.5, "nm", 0.0, True), ("Energy", 20, 0.1, "keV", -0.2, False)]
    hspy.file_writer(str(FIXTURES / "map.hspy"), hyperspy_signal(spectra, axes))
    expected = [(0.5, "nm", 0), (0.5, "nm", 0), (0.1, "keV", -0.2)]
    record("map.hspy", spectra, "spectral-map", expected, dtype="uint16")


def make_berkeley():
    import ncempy.io.emd as emd

    name = "berkeley.emd"
    data = RNG.integers(0, 4000, (3, 11, 13)).astype(np.int32)
    path = FIXTURES / name
    path.unlink(missing_ok=True)
    dims = ((np.arange(3.0), "frame", "n"), (np.arange(11) * 0.2 + 1, "y", "[n_m]"), (np.arange(13) * 0.3, "x", "[n_m]"))
    file = emd.fileEMD(str(path), readonly=False)
    file.put_emdgroup("series", data, dims)
    del file
    record(name, data, "stack", [(1, "n", 0), (0.2, "nm", 1), (0.3, "nm", 0)], dtype="int32")


def velox_metadata(detector, index, frames):
    return {
        "Instrument": {"InstrumentClass": "Made"},
        "Acquisition": {"AcquisitionStartDatetime": {"DateTime": "1577836800"}},
        "Optics": {"AccelerationVoltage": "200000", "CameraLength": "0.1"},
        "Scan": {
            "DwellTime": "1e-05", "FrameTime": "0.25", "ScanSize": {"width": "16", "height": "12"},
            "ScanArea": {"left": "0.25", "top": "0.5", "right": "0.5", "bottom": "1"},
        },
        "BinaryResult": {
            "PixelSize": {"width": "2e-11", "height": "3e-11"}, "PixelUnitX": "m", "PixelUnitY": "m",
            "Offset": {"x": "-4e-11", "y": "-9e-11"}, "Detector": detector, "DetectorIndex": str(index),
        },
        "Detectors": {
            "Detector-0": {"DetectorName": "HAADF"},
            "Detector-1": {"DetectorName": "SuperXG21", "Dispersion": "10", "OffsetEnergy": "-250"},
        },
        "CustomProperties": {"StemMagnification": {"value": "5000000"}, "made frames": {"value": str(frames)}},
    }


def velox_group(h5, path, data, metadata):
    """Data beside Metadata: one column of zero-padded JSON a frame."""
    group = h5.create_group(path)
    group.create_dataset("Data", data=data)
    text = np.frombuffer(json.dumps(metadata).encode().ljust(1500, b"\0"), dtype=np.uint8)
    group.create_dataset("Metadata", data=np.repeat(text[:, None], data.shape[-1], axis=1), compression="gzip")
    return group


def make_velox():
    """Velox as rosettasciio knows it (version 10): a stack, a spectrum, and a stream of events of 6 x 4 pixels over 3 frames."""
    from rsciio import emd

    name = "velox.emd"
    text = h5py.string_dtype()
    rows, columns, frames, channels = 6, 4, 3, 32
    events = [list(RNG.integers(0, channels, RNG.integers(0, 4))) + [65535] for _ in range(rows * columns * frames)]
    with h5py.File(FIXTURES / name, "w") as h5:
        h5.create_dataset("Version", data=[json.dumps({"format": "Velox", "version": "10"})], dtype=text)
        stack = RNG.integers(0, 60000, (rows, columns, frames)).astype(np.uint16)
        velox_group(h5, "Data/Image/aa", stack, velox_metadata("HAADF", 0, frames))
        spectrum = RNG.integers(0, 900, (channels, 1)).astype(np.uint32)
        velox_group(h5, "Data/Spectrum/bb", spectrum, velox_metadata("SuperXG2", 1, 1))
        stream = np.concatenate(events).astype(np.uint16)[:, None]
        group = velox_group(h5, "Data/SpectrumStream/cc", stream, velox_metadata("SuperXG2", 1, 1))
        settings = json.dumps({"bincount": str(channels), "StreamEncoding": "uint16"})
        group.create_dataset("AcquisitionSettings", data=[settings], dtype=text)
        rendered = h5.create_group("Data/SpectrumImage/dd")
        rendered.create_dataset("SpectrumImageSettings", data=[json.dumps({"endFramePosition": str(frames)})], dtype=text)
        display = h5.create_group("Presentation/Displays/ImageDisplay")
        shown = json.dumps({"dataPath": "/Data/Image/aa", "display": {"label": "HAADF"}})
        display.create_dataset("ee", data=[shown], dtype=text)
    metres = {"nm": 1, "pm": 1e-3}
    path = str(FIXTURES / name)

    def plane(axes):
        return [(a["scale"] * metres[a["units"]], "nm", a["offset"] * metres[a["units"]]) for a in axes]

    def energy(axis):
        return (axis["scale"] * 1e3, "eV", axis["offset"] * 1e3)

    images = emd.file_reader(path, select_type="images", load_SI_image_stack=True)[0]
    time = images["axes"][0]
    seconds = time["scale"] * {"s": 1, "ms": 1e-3}[time["units"]]
    record(name, images["data"], "stack", [(seconds, "s", 0), *plane(images["axes"][1:])], 0, "uint16")
    mapped = emd.file_reader(path, select_type="spectrum_image")[0]
    axes = [*[(scale, unit, "*") for scale, unit, _ in plane(mapped["axes"][:2])], energy(mapped["axes"][2])]
    record(name, mapped["data"], "spectral-map", axes, 1, "uint16")
    single = emd.file_reader(path, select_type="single_spectrum")[0]
    record(name, single["data"].reshape(1, -1), "spectra", [PX, energy(single["axes"][-1])], 2, "uint32")


def read_written():
    """Files that test/writers made, which lie among the fixtures: what rosettasciio sees in DM3 and DM4, and ncempy in SER."""
    from ncempy.io import ser
    from rsciio import digitalmicrograph

    nanometres = {"nm": 1, "µm": 1e3, "m": 1e9, "meters": 1e9}
    name = "written.dm3"
    signal = digitalmicrograph.file_reader(str(FIXTURES / name))[0]
    z, y, x = signal["axes"]
    axes = [(a["scale"] * nanometres[a["units"]], "nm", a["offset"]) for a in (y, x)] + [(z["scale"], z["units"], z["offset"])]
    record(name, signal["data"].transpose(1, 2, 0), "spectral-map", axes, dtype="float32")
    name = "written.dm4"
    signal = digitalmicrograph.file_reader(str(FIXTURES / name))[0]
    frame, y, x = signal["axes"]
    axes = [PX] + [(a["scale"] * nanometres[a["units"]], "nm", a["offset"]) for a in (y, x)]
    record(name, signal["data"], "stack", axes, dtype="int16")
    name = "written_images.ser"
    read = ser.serReader(str(FIXTURES / name))
    x, y = (s * nanometres[u] for s, u in zip(read["pixelSize"], read["pixelUnit"]))
    record(name, read["data"], "stack", [("*", "*", "*"), (y, "nm", "*"), (x, "nm", "*")], dtype="uint16")
    name = "written_spectra.ser"
    read = ser.serReader(str(FIXTURES / name))
    x, y = (c["CalibrationDelta"] * nanometres[c["Units"]] for c in read["scanCalibration"])
    # ncempy takes the offset for that of the first channel, whatever CalibrationElement says.
    energy = (float(read["eDelta"]), "eV", "*")
    record(name, read["data"], "spectral-map", [(y, "nm", "*"), (x, "nm", "*"), energy], dtype="int32")


def real_files(folder):
    """What rosettasciio, h5py and mrcfile see in instrument-written files."""
    from rsciio import digitalmicrograph, emd

    seen = {}
    for path in sorted(folder.glob("**/*.dm3")):
        signal = digitalmicrograph.file_reader(str(path))[0]
        axes = [[a["scale"], a["units"], a["offset"]] for a in signal["axes"]]
        data = signal["data"].reshape(1, -1)
        seen[str(path.relative_to(folder))] = {"kind": "spectra", "dataset": 0, "axes": [list(PX), *axes], **numbers(data)}
    velox = folder / "formats/velox_spectrum_image.emd"
    nanometres = {"nm": 1, "µm": 1e3, "um": 1e3}
    stack = emd.file_reader(str(velox), select_type="images", load_SI_image_stack=True)[0]
    plane = [[a["scale"] * nanometres[a["units"]], "nm", "*"] for a in stack["axes"][-2:]]
    entry = {"kind": "stack", "dataset": 0, "axes": [["*", "*", "*"], *plane], **numbers(stack["data"])}
    seen["formats/velox_spectrum_image.emd"] = entry
    events = emd.file_reader(str(velox), select_type="spectrum_image")[0]
    energy = events["axes"][-1]
    plane = [[a["scale"] * nanometres[a["units"]], "nm", "*"] for a in events["axes"][:2]]
    axes = [*plane, [energy["scale"] * 1e3, "eV", energy["offset"] * 1e3]]
    seen["formats/velox_spectrum_image.emd#1"] = {"kind": "spectral-map", "dataset": 1, "axes": axes, **numbers(events["data"])}
    with h5py.File(folder / "stem/srtio3_nsid.hf5") as h5:
        group = h5["Measurement_000/Channel_000/STO_test_image"]
        step = [float(np.mean(np.diff(group[axis][()]))) for axis in "yx"]
        axes = [[scale, "nm", 0] for scale in step]
        seen["stem/srtio3_nsid.hf5"] = {"kind": "image", "dataset": 0, "axes": axes, **numbers(group["STO_test_image"][()])}
    with h5py.File(folder / "spectra/eels_si_usid_25x31.h5") as h5:
        group = h5["Measurement_000/Channel_001"]
        values = group["Position_Values"][()].astype(np.float64)
        loss = group["Spectroscopic_Values"][0].astype(np.float64)
        steps = [float(np.mean(np.diff(np.unique(values[:, k])))) * 1e3 for k in (1, 0)]
        axes = [[steps[0], "nm", 0], [steps[1], "nm", 0], [float(np.mean(np.diff(loss))), "eV", float(loss[0])]]
        data = group["Raw_Data"][()].reshape(31, 25, 512)
        seen["spectra/eels_si_usid_25x31.h5"] = {"kind": "spectral-map", "dataset": 0, "axes": axes, **numbers(data)}
    with h5py.File(folder / "formats/usid_pfm.h5") as h5:
        values = h5["Measurement_000/Position_Values"][()].astype(np.float64) * 1e9
        axes = [[float(np.mean(np.diff(np.unique(values[:, k])))), "nm", 0] for k in (1, 0)]
        data = h5["Measurement_000/Channel_003/Raw_Data"][()].reshape(128, 128)
        seen["formats/usid_pfm.h5"] = {"kind": "image", "dataset": 3, "axes": axes, **numbers(data)}
    with mrcfile.open(folder / "formats/emd3197_mode2.mrc") as mrc:
        axes = [[float(mrc.voxel_size[axis]) / 10, "nm", 0] for axis in "zyx"]
        seen["formats/emd3197_mode2.mrc"] = {"kind": "stack", "dataset": 0, "axes": axes, **numbers(np.array(mrc.data))}
    return seen


if __name__ == "__main__":
    FIXTURES.mkdir(parents=True, exist_ok=True)
    for make in (make_mrc, make_plain, make_matlab, make_nsid, make_usid, make_hyperspy, make_berkeley, make_velox, read_written):
        make()
    (ORACLES / "em.json").write_text(json.dumps(found, indent=1) + "\n")
    if len(sys.argv) > 1:
        (ORACLES / "em_real.json").write_text(json.dumps(real_files(Path(sys.argv[1])), indent=1) + "\n")
