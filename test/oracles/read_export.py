"""What HyperSpy, xarray (zarr), pandas and tifffile read in an export. Usage: read_export.py FOLDER > export.json, of samples > export_samples.json

The numbers of an array: its shape, how many are NaN, their sum, and their sum weighted with 1 ... 7, again and again, in
row-major order, so that no two values can be swapped unseen. Readers that are not installed are left out.
"""
import json
import sys
from pathlib import Path

import numpy as np

folder = Path(sys.argv[1])


def digest(values):
    v = np.asarray(values, dtype=float)
    flat = v.ravel()
    weights = np.arange(flat.size) % 7 + 1
    return {
        "shape": list(v.shape),
        "nan": int(np.isnan(flat).sum()),
        "sum": float(np.nansum(flat)),
        "weighted": float(np.nansum(flat * weights)),
    }


def read_hspy():
    import hyperspy.api as hs

    found = {}
    for signal in hs.load(str(folder / "result.hspy")):
        axes = [
            [a.name, float(a.scale), float(a.offset), str(a.units), bool(a.navigate)]
            for a in signal.axes_manager._axes
        ]
        found[signal.metadata.General.title] = {**digest(signal.data), "axes": axes}
    return found


def read_zarr():
    import xarray

    dataset = xarray.open_zarr(str(folder / "result.zarr"))
    arrays = {name: {**digest(a.values), "dims": list(a.dims)} for name, a in dataset.data_vars.items()}
    coordinates = {name: digest(a.values) for name, a in dataset.coords.items()}
    return {"arrays": arrays, "coordinates": coordinates}


def read_csv():
    import pandas

    tables = {path.stem: pandas.read_csv(path) for path in sorted(folder.glob("*_table.csv"), reverse=True)}
    return {name: {column: digest(t[column]) for column in t.columns} for name, t in tables.items()}


def read_tiff():
    import tifffile

    with tifffile.TiffFile(folder / "maps.tif") as tiff:
        x, y = (tiff.pages[0].tags[name].value for name in ("XResolution", "YResolution"))
        meta = tiff.imagej_metadata
        return {
            **digest(tiff.asarray()),
            "dtype": str(tiff.series[0].dtype),
            "labels": meta["Labels"],
            "unit": meta["unit"],
            "pixels_a_unit": [x[0] / x[1], y[0] / y[1]],
        }


result = {}
for name, read in {"hspy": read_hspy, "zarr": read_zarr, "csv": read_csv, "tiff": read_tiff}.items():
    try:
        result[name] = read()
    except ImportError as missing:
        print(f"{name}: left out, {missing}", file=sys.stderr)
print(json.dumps(result, indent=1, ensure_ascii=False))
