"""Preparing small grey-scale images."""

import numpy as np


def centre(image):
    """Return the image moved so that its centre of mass is in the middle."""
    rows, columns = np.indices(image.shape)
    mass = image.sum()
    if mass == 0:
        return image
    middle = (np.array(image.shape) - 1) / 2
    shift = np.round(middle - [(rows * image).sum() / mass, (columns * image).sum() / mass])
    return np.roll(image, shift.astype(int), axis=(0, 1))


def clean(images, faintest):
    """Return the images centred and scaled to 0..1, and which of them have ink enough to keep."""
    scaled = images / images.max()
    keep = scaled.mean(axis=(1, 2)) > faintest
    return np.stack([centre(image) for image in scaled]), keep
