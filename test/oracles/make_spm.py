"""Oracle for the scanning-probe formats.

Writes small files with struct, has them read by other people's readers, and stores the files (zlib, base64) with what
those readers found in spm.json. With a folder of real files it also stores their shapes, scales and a few values.

    python make_spm.py [folder of real files]

Needs: numpy, gwyfile 0.3, nanonispy2 1.2, igor2 0.5, access2thematrix 0.4, createc 0.0.3 (with pyyaml), pySPM 0.6.
Values are stored as the readers give them (metres, amperes), turned so that row 0 is the top where a reader does not.
"""

import base64
import json
import os
import struct
import sys
import tempfile
import zlib

import numpy as np

rng = np.random.default_rng(7)
samples = {}


def store(key, data, expected, siblings=None, name=None):
    pack = lambda b: base64.b64encode(zlib.compress(b, 9)).decode()
    samples[key] = {
        "name": name or key,
        "bytes": pack(data),
        "siblings": {k: pack(v) for k, v in (siblings or {}).items()},
        "expected": expected,
    }


def numbers(a):
    return [None if not np.isfinite(v) else float(v) for v in np.asarray(a, dtype=np.float64).ravel()]


def channel(a, **more):
    return {"shape": list(np.shape(a)), "values": numbers(a), **more}


def in_file(data, suffix, read, name=None, siblings=None):
    with tempfile.TemporaryDirectory() as folder:
        for n, b in (siblings or {}).items():
            open(os.path.join(folder, n), "wb").write(b)
        path = os.path.join(folder, name or "sample" + suffix)
        open(path, "wb").write(data)
        return read(path)


def sxm(direction):
    header = f""":NANONIS_VERSION:
2
:SCANIT_TYPE:
              FLOAT            MSBFIRST
:REC_DATE:
 02.03.2021
:REC_TIME:
10:11:12
:REC_TEMP:
      4.2000000000
:ACQ_TIME:
       1.0
:SCAN_PIXELS:
       4       3
:SCAN_FILE:
a.sxm
:SCAN_TIME:
             1.0E-1             1.0E-1
:SCAN_RANGE:
           8.000000E-9           6.000000E-9
:SCAN_OFFSET:
             1.0E-7         -2.0E-7
:SCAN_ANGLE:
            1.500E+1
:SCAN_DIR:
{direction}
:BIAS:
            -1.500E-1
:Z-CONTROLLER:
\tName\ton\tSetpoint\tP-gain\tI-gain\tT-const
\tlog Current\t1\t1.000E-10 A\t3.5E-12 m\t3.4E-8 m/s\t1.0E-4 s
:COMMENT:
made for a test
:DATA_INFO:
\tChannel\tName\tUnit\tDirection\tCalibration\tOffset
\t14\tZ\tm\tboth\t9.000E-9\t0.000E+0
\t0\tCurrent\tA\tboth\t1.000E-9\t0.000E+0

:SCANIT_END:


"""
    images = rng.normal(size=(4, 3, 4)).astype(">f4") * 1e-9
    if direction == "up":
        images[1, 2, 1:] = np.nan  # an interrupted scan
    data = header.encode() + b"\x1a\x04" + images.astype(">f4").tobytes()

    def read(path):
        import nanonispy2 as nap

        scan = nap.read.Scan(path)
        found = {}
        for name, unit in (("Z", "m"), ("Current", "A")):
            for d in ("forward", "backward"):
                a = np.array(scan.signals[name][d])
                a = a[::-1] if direction == "up" else a
                a = a[:, ::-1] if d == "backward" else a
                found[f"{name} ({d})"] = channel(a, unit=unit)
        size = [float(v) for v in scan.header["scan_range"]]
        return {"channels": found, "size": size}

    store(f"sxm_{direction}", data, in_file(data, ".sxm", read), name="a.sxm")


def grid():
    nx, ny, points = 3, 2, 5
    header = (
        'Grid dim="3 x 2"\r\nGrid settings=1E-9;2E-9;6E-9;4E-9;0E+0\r\nFiletype=Linear\r\nSweep Signal="Bias (V)"\r\n'
        'Fixed parameters="Sweep Start;Sweep End"\r\nExperiment parameters="X (m);Y (m);Z (m)"\r\n'
        "# Parameters (4 byte)=5\r\nExperiment size (bytes)=40\r\nPoints=5\r\n"
        'Channels="Current (A);Current [bwd] (A)"\r\nDelay before measuring (s)=0\r\nExperiment="Grid Spectroscopy"\r\n'
        'Start time="01.01.2020 00:00:00"\r\nEnd time="01.01.2020 00:01:00"\r\nUser=\r\nComment=\r\n:HEADER_END:\r\n'
    )
    body = np.zeros((ny, nx, 5 + 2 * points), ">f4")
    body[..., 0], body[..., 1] = -0.5, 0.5
    body[..., 2] = np.arange(nx) * 2e-9
    body[..., 3] = np.arange(ny)[:, None] * 2e-9
    body[..., 4:] = rng.normal(size=(ny, nx, 1 + 2 * points)) * 1e-9
    data = header.encode() + body.tobytes()

    def read(path):
        import nanonispy2 as nap

        g = nap.read.Grid(path)
        # Rows go up in the file: row 0 of an image is the last of them.
        found = {
            "Current": channel(g.signals["Current (A)"][::-1], unit="A"),
            "Current (backward)": channel(g.signals["Current [bwd] (A)"][::-1], unit="A"),
            "Z (parameter)": channel(np.array(g.signals["topo"])[::-1], unit="m"),
        }
        sweep = g.signals["sweep_signal"]
        return {"channels": found, "axis": [float(sweep[0]), float(sweep[1] - sweep[0])], "size": [6e-9, 4e-9]}

    store("grid", data, in_file(data, ".3ds", read), name="a.3ds")


def dat():
    x = np.linspace(-0.1, 0.1, 6)
    y = rng.normal(size=(6, 4)) * 1e-10
    titles = ["Bias calc (V)", "Current [00001] (A)", "Current [00002] (A)", "Current [00001] [bwd] (A)", "Z (m)"]
    text = "Experiment\tbias spectroscopy\t\nDate\t04.08.2015 08:49:41\t\nX (m)\t1E-9\t\n\n[DATA]\n" + "\t".join(titles) + "\n"
    text += "".join("\t".join(f"{v:.6E}" for v in (x[i], *y[i])) + "\n" for i in range(6))
    data = text.encode()

    def read(path):
        import nanonispy2 as nap

        s = nap.read.Spec(path).signals
        found = {
            "Current": channel(np.stack([s[titles[1]], s[titles[2]]]), unit="A"),
            "Current (backward)": channel(s[titles[3]][None], unit="A"),
            "Z": channel(s[titles[4]][None], unit="m"),
        }
        bias = s[titles[0]]
        return {"channels": found, "axis": [float(bias[0]), float(bias[-1] - bias[0]) / 5]}

    store("dat", data, in_file(data, ".dat", read), name="a.dat")


def gwy():
    from gwyfile.objects import GwyContainer, GwyDataField, GwySIUnit

    fields = [rng.normal(size=(3, 5)) * 1e-9, rng.normal(size=(2, 2))]
    root = GwyContainer()
    for i, (a, unit) in enumerate(zip(fields, ("m", "V"))):
        root[f"/{i}/data"] = GwyDataField(
            a, xreal=5e-8, yreal=3e-8, si_unit_xy=GwySIUnit(unitstr="m"), si_unit_z=GwySIUnit(unitstr=unit)
        )
        root[f"/{i}/data/title"] = f"Field {i}"
        root[f"/{i}/mask"] = GwyDataField(np.ones_like(a))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.gwy")
        root.tofile(path)
        data = open(path, "rb").read()

    def read(path):
        import gwyfile

        loaded = gwyfile.load(path)
        return {
            "channels": {
                f"Field {i}": channel(loaded[f"/{i}/data"].data, unit=loaded[f"/{i}/data"].si_unit_z.unitstr)
                for i in range(2)
            },
            "size": [5e-8, 3e-8],
        }

    store("gwy", data, in_file(data, ".gwy", read), name="a.gwy")


def with_checksum(head, at, order):
    words = struct.unpack(f"{order}{len(head) // 2}h", head)
    return head[:at] + struct.pack(f"{order}H", -sum(words) & 0xFFFF) + head[at + 2 :]


def ibw5(order):
    layers = rng.normal(size=(2, 3, 4)).astype("f4") * 1e-9  # channel, y, x
    names = [b"", b"HeightTrace", b"PhaseTrace"]
    labels = b"".join(n.ljust(32, b"\0") for n in names)
    note = b"ScanAngle: 30\rImagingMode: AC Mode\r"
    dims, sfa = (4, 3, 2, 0), (2e-9, 3e-9, 1.0, 1.0)
    head = struct.pack(f"{order}hhiiii4i4iiii", 5, 0, 320 + layers.nbytes, 0, len(note), 0, 0, 0, 0, 0, 0, 0, len(labels), 0, 0, 0, 0)
    wave = struct.pack(f"{order}IIIihh6xh32siI4i4d4d", 0, 1, 2, 24, 2, 0, 1, b"afm", 0, 0, *dims, *sfa, 0, 0, 0, 0)
    wave += b"m\0\0\0" + b"m\0\0\0" * 2 + b"\0" * 8
    wave += b"\0" * (320 - len(wave))
    data = with_checksum(head + wave, 2, order) + layers.astype(order + "f4").tobytes() + note + labels

    def read(path):
        from igor2 import binarywave

        wave = binarywave.load(path)["wave"]
        a = wave["wData"]  # x, y, channel; y upwards
        names = [n.decode() for n in wave["labels"][2][1:]]
        images = {n: np.asarray(a[:, :, i]).T[::-1] for i, n in enumerate(names)}
        step = wave["wave_header"]["sfA"]
        return {
            "channels": {n: channel(im, unit="m" if "Height" in n else "deg") for n, im in images.items()},
            "size": [float(step[0]) * 4, float(step[1]) * 3],
        }

    store("ibw5_" + ("le" if order == "<" else "be"), data, in_file(data, ".ibw", read), name="a.ibw")


def ibw2(order):
    y = rng.normal(size=7)
    head = struct.pack(f"{order}hiiih", 2, 110 + y.nbytes + 16, 0, 0, 0)
    wave = struct.pack(f"{order}hI20shhI4s4sihdd", 4, 0, b"curve", 0, 0, 0, b"A", b"V", 7, 0, 0.25, -1.0)
    wave += b"\0" * (110 - len(wave))
    data = with_checksum(head + wave, 14, order) + y.astype(order + "f8").tobytes() + b"\0" * 16

    def read(path):
        from igor2 import binarywave

        wave = binarywave.load(path)["wave"]
        h = wave["wave_header"]
        return {"channels": {"curve": channel(wave["wData"][None], unit="A")}, "axis": [float(h["hsB"]), float(h["hsA"])]}

    store("ibw2_" + ("le" if order == "<" else "be"), data, in_file(data, ".ibw", read), name="a.ibw")


def nanoscope():
    # Square: that reader takes lines for columns.
    raw = rng.integers(-30000, 30000, size=(2, 4, 4)).astype("<i2")
    offset = 4096

    def image(i, name, scale, direction):
        return (
            "\\*Ciao image list\r\n"
            f"\\Data offset: {offset + i * 32}\r\n\\Data length: 32\r\n\\Bytes/pixel: 2\r\n\\Samps/line: 4\r\n"
            f"\\Number of lines: 4\r\n\\Scan Size: 400 300 nm\r\n\\Aspect Ratio: 1:1\r\n\\Line Direction: {direction}\r\n"
            f'\\@2:Image Data: S [{name}] "{name}"\r\n\\@2:Z scale: {scale}\r\n'
            "\\@2:Z offset: V [Sens. Zsens] (0.006713867 V/LSB)       0 V\r\n"
        )

    header = (
        "\\*File list\r\n\\Version: 0x07300000\r\n\\Date: 10:00:00 AM Mon Jan 04 2010\r\n"
        "\\*Equipment list\r\n\\Description: Test\r\n"
        "\\*Scanner list\r\n\\@Sens. Zsens: V 12.5 nm/V\r\n\\@Sens. Other: V 2 nA/V\r\n"
        "\\*Ciao scan list\r\n\\Samps/line: 4\r\n\\Lines: 4\r\n\\Rotate Ang.: 45\r\n"
        + image(0, "Height", "V [Sens. Zsens] (0.006713867 V/LSB) 440.0 V", "Trace")
        + image(1, "Current", "V [Sens. Other] (0.000305 V/LSB) 20.0 V", "Retrace")
        + "\\*File list end\r\n\x1a"
    )
    data = header.encode("latin-1").ljust(offset, b"\0") + raw.tobytes()

    def read(path):
        from pySPM.Bruker import Bruker

        file = Bruker(path)
        found = {}
        for name, backward, unit in (("Height", False, "nm"), ("Current", True, "nA")):
            # The first line in the file is the bottom of the image.
            a = file.get_channel(name, backward=backward).pixels[::-1]
            found[f"{name} ({'backward' if backward else 'forward'})"] = channel(a, unit=unit)
        return {"channels": found, "size": [400e-9, 300e-9]}

    store("nanoscope", data, in_file(data, ".spm", read), name="a.spm")


def createc():
    nx, ny, channels = 4, 3, 4
    keys = {
        "DAC-Type": "20bit", "Titel / Titel": "test", "Delta X / Delta X [Dac]": 64, "Delta Y / Delta Y [Dac]": 64,
        "Num.X / Num.X": nx, "Num.Y / Num.Y": ny, "Rotation / Rotation": 5, "GainX / GainX": 10, "GainZ / GainZ": 10,
        "BiasVoltage / BiasVolt.[mV]": -150, "Gainpreamp / GainPre 10^": 9, "Channels / Channels": channels,
        "Channelselectval / Channelselectval": 3, "Xpiezoconst": 47.5, "YPiezoconst": 47.5, "ZPiezoconst": 19.2,
        "Dacto[A]xy": 0.0009, "Dacto[A]z": 0.0036, "Length x[A]": 80.0, "Length y[A]": 60.0, "FBLogIset": 25.0,
        "CHModeZoff / CHModeZoff": 0, "CHModeBias[mV] / CHModeBias[mV]": 0, "CHMode / CHMode": 0,
        "DX_DIV_DDelta-X / DX_DIV_DDelta-X": 8, "ScanYMode / ScanYMode": 2,
    }
    header = "[Paramco32]\r\n" + "".join(f"{k}={v}\r\n" for k, v in keys.items())
    planes = rng.normal(size=(channels, ny, nx)).astype("<f4") * 1000
    body = zlib.compress(struct.pack("<f", 0) + planes.tobytes() + b"\0" * (4 * 4 * nx + 128))
    data = header.encode("cp1252").ljust(16384, b"\0") + body

    def read(path):
        from createc.Createc_pyFile import DAT_IMG

        image = DAT_IMG(path)
        height, current = 0.0036e-10, 20 / 2**20 / 1e9
        found = {}
        for i, (name, scale, unit) in enumerate((("Z", height, "m"), ("Current", current, "A")) * 2):
            found[f"{name} ({'forward' if i < 2 else 'backward'})"] = channel(image.imgs[i].astype("f8") * scale, unit=unit)
        return {"channels": found, "size": [80e-10, 60e-10]}

    store("createc", data, in_file(data, ".dat", read), name="a.dat")


def text16(s):
    return struct.pack("<I", len(s)) + s.encode("utf-16-le")


def value16(v):
    if isinstance(v, bool):
        return b"LOOB" + struct.pack("<I", v)
    if isinstance(v, int):
        return b"GNOL" + struct.pack("<i", v)
    if isinstance(v, float):
        return b"BUOD" + struct.pack("<d", v)
    return b"GRTS" + text16(v)


def matrix(lines_measured, name):
    nx, ny = 4, 3
    stem = "default_2020Jan01-000000_STM-STM_Spectroscopy"
    data_name = f"{stem}--1_1.Z_mtrx"
    block = lambda id, body, time=False: id + struct.pack("<I", len(body)) + (b"\1" + b"\0" * 7 if time else b"") + body
    elements = {
        "XYScanner": {
            "Points": nx, "Lines": ny, "X_Retrace": True, "Y_Retrace": True, "Width": 8e-9, "Height": 6e-9,
            "X_Offset": 1e-8, "Y_Offset": 0.0, "Angle": 30, "Enable_Subgrid": False,
        },
        "GapVoltageControl": {"Voltage": 0.5},
    }
    body = struct.pack("<II", 0, len(elements))
    for element, properties in elements.items():
        body += text16(element) + struct.pack("<I", len(properties))
        for key, v in properties.items():
            body += text16(key) + text16("--") + struct.pack("<I", 0) + value16(v)
    dictionary = struct.pack("<III", 0, 0, 0) + struct.pack("<I", 1)
    dictionary += struct.pack("<II", 0, 7) + b"\0" * 8 + text16("Z") + text16("m")
    dictionary += struct.pack("<I", 1) + b"\1" * 8 + struct.pack("<II", 0, 7) + text16("chain")
    transfer = struct.pack("<II", 0, 7) + text16("TFF_MultiLinear1D") + text16("m") + struct.pack("<I", 5)
    for key, v in {"Raw_1": 3.0, "PreOffset": 1.0, "Offset": 5.0, "NeutralFactor": 2.0, "PreFactor": 1e12}.items():
        transfer += text16(key) + value16(v)
    parameters = b"ONTMATRX0101" + block(b"ATEM", text16("MATRIX") + text16("3"), True)
    parameters += block(b"APEE", body, True)
    parameters += block(b"DOMP", struct.pack("<I", 0) + text16("XYScanner") + text16("Angle") + text16("Degree") + struct.pack("<I", 0) + value16(45), True)
    parameters += block(b"YSCC", struct.pack("<I", 0) + block(b"TCID", dictionary) + block(b"REFX", transfer), True)
    parameters += block(b"FERB", struct.pack("<I", 0) + text16(data_name), True)
    # What comes after the data file's mark belongs to later files.
    parameters += block(b"DOMP", struct.pack("<I", 0) + text16("XYScanner") + text16("Points") + text16("--") + struct.pack("<I", 0) + value16(99), True)
    raw = rng.integers(-(2**30), 2**30, size=(lines_measured, nx)).astype("<i4")
    description = b"\0" * 20 + struct.pack("<ii", 4 * nx * ny, raw.size) + b"\0" * 16
    # A time stamp of 8 bytes is not counted in the outer block's length; 4 bytes follow it.
    inner = block(b"CSED", description) + block(b"ATAD", raw.tobytes())
    data = b"ONTMATRX0101TLKB" + struct.pack("<I", len(inner) + 4) + struct.pack("<Q", 1577836800) + b"\0" * 4 + inner

    def read(path):
        from access2thematrix import MtrxData

        mtrx = MtrxData()
        traces, message = mtrx.open(path)
        found = {}
        for trace in traces.values():
            image, message = mtrx.select_image(trace)
            direction, vertical = trace.split("/")
            # That reader has row 0 at the bottom.
            found[f"Z ({direction}, {vertical})"] = channel(image.data[::-1], unit="m", size=[image.width, image.height])
        return {"channels": found}

    siblings = {f"{stem}_0001.mtrx": parameters}
    store(name, data, in_file(data, "", read, data_name, siblings), siblings, data_name)


def real(folder):
    """Shape, pixel size, mean and the corner values of real files; the README there names their sources."""
    found = {}

    def image(path, name, a, unit, size=None):
        a = np.asarray(a, dtype=np.float64)
        pick = a[[0, 0, -1, -1], [0, -1, 0, -1]]
        entry = {"shape": list(a.shape), "mean": float(np.nanmean(a)), "corners": numbers(pick), "unit": unit}
        found.setdefault(path, {})[name] = entry | ({"size": size} if size else {})

    import gwyfile
    import nanonispy2 as nap
    from igor2 import binarywave

    path = "stm/au111_molecules_4nm.sxm"
    scan = nap.read.Scan(os.path.join(folder, path))
    image(path, "Current (forward)", scan.signals["Current"]["forward"], "A", [4e-9, 4e-9])
    image(path, "Current (backward)", scan.signals["Current"]["backward"][:, ::-1], "A", [4e-9, 4e-9])
    path = "formats/stm_pt111.gwy"
    field = gwyfile.load(os.path.join(folder, path))["/0/data"]
    image(path, "test_single_image_1", field.data, "m", [field.xreal, field.yreal])
    path = "formats/igor_v5_afm.ibw"
    wave = binarywave.load(os.path.join(folder, path))["wave"]
    step = wave["wave_header"]["sfA"]
    for i, name, unit in ((0, "HeightRetrace", "m"), (3, "Phase1Retrace", "deg")):
        image(path, name, wave["wData"][:, :, i].T[::-1], unit, [float(step[0]) * 256, float(step[1]) * 256])
    path = "stm/graphite_terrace_iso_spm.spm"
    values = np.loadtxt(os.path.join(folder, path), skiprows=128, comments="end")
    image(path, "Z (Forward)", values.reshape(512, 512), "m", [1.14807e-8, 1.14807e-8])
    for letter in "ab":
        path = f"stm/nbs2_cdw_2{letter}_wsxm_ascii.txt"
        image(path, "image", np.loadtxt(os.path.join(folder, path)), "nA", [15e-9, 15e-9])
    path = "spectra/nanonis_bias_spectroscopy.dat"
    spec = nap.read.Spec(os.path.join(folder, path)).signals
    image(path, "Input 3", spec["Input 3 (A)"][None], "A")
    image(path, "Input 3 (backward)", spec["Input 3 [bwd] (A)"][None], "A")
    return found


if __name__ == "__main__":
    for direction in ("down", "up"):
        sxm(direction)
    grid()
    dat()
    gwy()
    for order in "<>":
        ibw5(order)
        ibw2(order)
    nanoscope()
    createc()
    matrix(12, "matrix")
    matrix(5, "matrix_stopped")
    files = real(sys.argv[1]) if len(sys.argv) > 1 else {}
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "spm.json"), "w") as out:
        json.dump({"samples": samples, "real": files}, out, indent=0)
        out.write("\n")
