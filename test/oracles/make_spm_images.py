"""Oracle for binary WSxM images, ISO 28600 maps and TIFFs of Park Systems.

Writes small files with struct and text, has Gwyddion read them, and where there is one a second reader, checks that the two agree, and
stores the files (zlib, base64) with what they found in spm_images.json.

    python make_spm_images.py

Needs: numpy; gwyddionpy 0.1 with gwyddionpy-converter 0.1, which packs Gwyddion's own file modules; AFMReader 0.0.7 (WSxM); pspylib 0.1.2,
Park Systems' own (TIFF). Also tried: Gwyddion 2.62 of Debian (gwyddion --convert-to-gwy under xvfb-run) reads the same numbers from the WSxM and Park files
and says of every ISO 28600 map that it holds no data; pySPM 0.6, spym 0.9, access2thematrix 0.4 and AFMReader do not know ISO 28600, so that it has
no second reader. Gwyddion passes over that format's line 23, the direction of the slow axis: maps from the bottom to the top, which are turned here,
have no oracle.
"""

import base64
import json
import os
import struct
import tempfile
import zlib

import numpy as np

rng = np.random.default_rng(28600)
samples = {}


def gwyddion(path):
    """Every field that Gwyddion finds: name, values (row 0 on top), unit, width and height in metres."""
    import gwyddionpy

    fields = gwyddionpy.load(path).channels.values()
    return {field.name: (field.data, field.si_unit_z, (field.xreal, field.yreal)) for field in fields}


def store(key, name, data, second=None):
    """@param second reads the file at a path: values of its first channel in units of metres or the file's, row 0 on top."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        with open(path, "wb") as out:
            out.write(data)
        found = gwyddion(path)
        if second:
            first = next(iter(found.values()))[0]
            np.testing.assert_allclose(second(path), first, rtol=1e-6, atol=1e-6 * np.abs(first).max())
    channels = {
        title: {
            "shape": list(values.shape),
            "values": [float(v) for v in values.ravel()],
            "unit": unit,
            "size": list(size),
        }
        for title, (values, unit, size) in found.items()
    }
    packed = base64.b64encode(zlib.compress(data, 9)).decode()
    samples[key] = {"name": name, "bytes": packed, "siblings": {}, "expected": {"channels": channels}}


def wsxm(kind):
    """A scan of 6 × 4 points, 12 × 12 nm so that AFMReader takes it. The Z amplitude is the range of the heights, as WSxM has it."""
    rows, columns = 4, 6
    body = {
        "short": lambda: rng.integers(-3000, 3000, (rows, columns)).astype("<i2"),
        "float": lambda: rng.normal(scale=12, size=(rows, columns)).astype("<f4"),
        "double": lambda: rng.normal(scale=12, size=(rows, columns)).astype("<f8"),
    }[kind]()
    amplitude = 30.0 if kind == "short" else float(np.ptp(body))
    text = (
        "WSxM file copyright Nanotec Electronica\r\nSxM Image file\r\nImage header size: {size}\r\n\r\n"
        "[Control]\r\n\r\n    Set Point: 0.5 V\r\n    Signal Gain: 1\r\n    X Amplitude: 12 nm\r\n    X Offset: 0 \xc5\r\n"
        "    Y Amplitude: 12 nm\r\n    Z Gain: 1\r\n\r\n[General Info]\r\n\r\n    Acquisition channel: Topography\r\n"
        f"    Image Data Type: {kind}\r\n    Number of columns: {columns}\r\n    Number of rows: {rows}\r\n"
        f"    Z Amplitude: {amplitude!r} nm\r\n\r\n[Miscellaneous]\r\n\r\n    Comments: made\r\n    Version: 1.0 (May 2009)\r\n\r\n[Header end]\r\n"
    )
    header = text.format(size="0000")
    header = text.format(size=str(len(header)).zfill(4)).encode("latin-1")

    def second(path):
        # AFMReader leaves rows and columns as they lie in the file, from the bottom right; heights are in nm, those of shorts from 0 on.
        from AFMReader.stp import load_stp
        from AFMReader.top import load_top

        image, _ = load_top(path) if kind == "short" else load_stp(path)
        image = np.asarray(image)[::-1, ::-1] * 1e-9
        return image + (body.min() / np.ptp(body.astype(float)) * 30e-9 if kind == "short" else 0)

    store(f"wsxm_{kind}", f"scan.{'top' if kind == 'short' else 'stp'}", header + body.tobytes(), second if kind != "float" else None)


def iso(channels):
    rows, columns = 3, 5
    lines = [""] * 128
    fixed = {
        1: "ISO/TC 201 SPM data transfer format", 2: "general information", 3: "made", 4: "made", 5: "made", 6: "made", 7: "",
        8: "MAP_SC" if len(channels) == 1 else "MAP_MC", 9: 2024, 10: 5, 11: 6, 12: 7, 13: 8, 14: 9, 15: 0,
        16: "scan information", 17: "REGULAR MAPPING", 18: "XYZ closed-loop scanner", 19: "sample XYZ scan", 20: "X",
        21: "left to right", 22: "Y", 23: "top to bottom", 24: columns, 25: rows, 26: "nm", 27: "nm", 28: 10, 29: 6, 30: "nm", 31: "nm",
        32: 0, 33: 0, 34: 0, 35: "m/s", 36: 0, 37: "Hz", 38: 0, 39: "STM", 40: "sample biased", 41: 0.1, 42: 0, 43: "", 44: "",
        45: "", 46: "", 47: "", 48: "environment description", 49: "vacuum", 50: 300, 51: 1e5, 52: 40, 53: "", 54: "probe description",
        55: "", 56: "", 57: 0, 58: 0, 59: 0, 60: 0, 61: 0, 62: 0, 63: "", 64: "sample description", 65: "made", 66: "",
        67: "", 68: "single-channel mapping description", 69: channels[0][0], 70: channels[0][1], 71: "",
        72: "spectroscopy description", 73: "", 74: "REGULAR", 75: "", 76: "n", 77: 0, 78: 0, 79: 0, 80: 0, 81: 0, 82: 0,
        83: "", 84: "n", 85: 0, 86: "", 87: "data treatment description", 88: "raw data", 89: "", 90: "", 91: "", 92: "", 93: "multi-channel mapping description",
        94: len(channels), 128: "end of header",
    }  # fmt: skip
    for number, text in fixed.items():
        lines[number - 1] = str(text)
    for k in range(8):
        name, unit = channels[k] if k < len(channels) else ("", "n")
        lines[94 + 3 * k : 97 + 3 * k] = [name, unit, ""]
    values = rng.normal(scale=2, size=(rows * columns, len(channels)))
    table = "\r\n".join(" ".join(f"{v:.9e}" for v in row) for row in values)
    text = "\r\n".join(lines) + "\r\n" + table + "\r\nend of experiment\r\n"
    store("iso28600_one" if len(channels) == 1 else "iso28600_two", "map.spm", text.encode("latin-1"))


def park(kind, code, scale=1.0, offset=0.0):
    """A mapped image of 5 × 3 points, 2 × 1.2 µm; the header's order and types are those that pspylib lists."""
    rows, columns, gain = 3, 5, 0.0025
    raw = rng.normal(scale=500, size=(rows, columns)).astype(kind)
    wide = lambda text, n: text.encode("utf-16-le").ljust(2 * n, b"\0")
    header = struct.pack("<i", 0) + wide("Topography", 32) + wide("NCM", 8)
    header += struct.pack("<diiiididiii", 0.5, 0, 0, columns, rows, 0.0, 0, 1.1, 1, 1, 0)
    header += struct.pack("<6d", 2.0, 1.2, 0, 0, 1.0, 0) + wide("um", 8) + struct.pack("<2d", 0, -0.5)
    header += struct.pack("<3d", gain, scale, offset) + wide("um", 8) + struct.pack("<6i", -1000, 1000, 0, 0, 0, 0)
    header += struct.pack("<2d", 1, 10) + wide("", 24) + struct.pack("<3i", code, 0, 0)
    header = header.ljust(580, b"\0")
    picture, colours = bytes(rows * columns), bytes(2 * 3 * 256)
    at, places = 8, {}
    for name, part in (("picture", picture), ("colours", colours), ("data", raw.tobytes()), ("header", header)):
        places[name] = at
        at += len(part)
    strip = at
    body = picture + colours + raw.tobytes() + header + struct.pack("<2I", places["picture"], len(picture))
    entries = [
        (256, 4, 1, columns), (257, 4, 1, rows), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 3), (273, 4, 1, places["picture"]),
        (277, 3, 1, 1), (278, 4, 1, rows), (279, 4, 1, len(picture)), (320, 3, 3 * 256, places["colours"]),
        (50432, 4, 1, 0x0E031301), (50433, 4, 1, 0x01000002), (50434, 1, raw.nbytes, places["data"]), (50435, 1, len(header), places["header"]),
    ]  # fmt: skip
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries) + struct.pack("<I", 0)
    data = struct.pack("<2sHI", b"II", 42, strip + 8) + body + directory

    def second(path):
        # pspylib gives a list of raw · gain, in the file's unit and from the bottom up; it knows nothing of scale and offset.
        from pspylib.tiff.reader import TiffReader

        reader = TiffReader.__new__(TiffReader)
        from pspylib.tiff import constant, metaData

        reader.data, reader.error = metaData.Data(), constant.ErrorIndicator()
        reader.load(path)
        return np.asarray(reader.data.scanData.ZData).reshape(rows, columns)[::-1] * 1e-6

    store(f"park_{kind}" + ("_scaled" if scale != 1 else ""), "scan.tiff", data, second if scale == 1 else None)


if __name__ == "__main__":
    for kind in ("short", "float", "double"):
        wsxm(kind)
    iso([("Z", "nm")])
    iso([("Z", "nm"), ("Current", "A")])
    for code, kind in enumerate(("int16", "int32", "float32")):
        park(kind, code)
    park("int16", 0, scale=2.0, offset=0.75)
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "spm_images.json"), "w") as out:
        json.dump({"samples": samples}, out, indent=0)
        out.write("\n")
