import numpy as np
import pytest
from PIL import Image, ImageOps

from model.errors import Blank
from model.normalise import BOX, SIZE, normalise, tight_box
from model.reader import Reader
from tests.data import mnist_images, mnist_labels
from tests.encodings import saved


def test_mnists_own_test_images_come_back_where_they_were() -> None:
    images = mnist_images("t10k")
    boxes = [tight_box(image) for image in images]
    whole = np.array([max(right - left, bottom - top) == BOX for left, top, right, bottom in boxes])
    back = np.stack([normalise(image).pixels for image in images])
    dimmest = images.max(axis=(1, 2), keepdims=True)  # normalising makes the darkest pixel 1; a few of MNIST's are 254
    same = np.abs(back * dimmest - images).max(axis=(1, 2)) < 1e-5
    assert whole.sum() == 9_997  # three of MNIST's digits are 19 pixels long, and so were scaled once more
    assert same[whole].sum() >= 9_995


def test_the_mean_centre_of_mass_of_what_is_normalised_is_14_and_a_half() -> None:
    images = np.stack([normalise(image).pixels for image in mnist_images("t10k")[:2_000]])
    centres = np.arange(SIZE) + 0.5
    for axis in (1, 2):
        profile = images.sum(axis=axis)
        assert abs(float((profile @ centres / profile.sum(axis=1)).mean()) - 14.5) < 0.05


def test_ink_is_scaled_by_its_longer_side_and_keeps_its_proportions() -> None:
    ink = np.zeros((300, 200), np.float32)
    ink[40:240, 60:100] = 0.5
    result = normalise(ink)
    left, top, right, bottom = tight_box(result.pixels)
    assert (right - left, bottom - top) == (4, 20)
    assert result.pixels.max() == 1
    assert result.crop == (-20.0, 40.0, 200.0)


def test_the_box_stays_inside_however_lopsided_the_ink_is() -> None:
    ink = np.zeros((100, 100), np.float32)
    ink[0, 0], ink[80:100, 80:100] = 0.01, 1
    result = normalise(ink)
    assert result.pixels.shape == (SIZE, SIZE)
    assert all(0 <= offset <= SIZE - BOX for offset in result.offset)


def test_fractions_of_pixels_count_as_such() -> None:
    ink = np.ones((30, 30), np.float32)
    ink[:, 15:] = 0.25  # column 15 of 30 is where cell 10 of 20 begins; of 31 columns it would lie inside one
    assert np.unique(normalise(ink).pixels.round(5)).tolist() == [0, 0.25, 1]
    ink[:, 15] = 1  # now two thirds of cell 10 hold 1, the rest 0.25
    assert np.unique(normalise(ink).pixels.round(5)).tolist() == [0, 0.25, 0.75, 1]


def test_ink_of_few_pixels_is_enlarged_without_steps() -> None:
    across = np.arange(10) + 0.5
    ramp = np.tile(np.minimum(across, 5) / 5, (10, 1)).astype(np.float32)  # rises over five pixels, then stays
    ramp[4:6] = 0  # or it is a dot
    result = normalise(ramp)
    left, top = result.offset
    row = result.pixels[top + BOX // 4, left : left + BOX]
    assert (np.diff(row[:9]) > 0).all(), "pixels of a rising edge are not doubled"
    assert result.crop == (-0.5, -0.5, 11.0)


def test_mnists_digits_in_half_the_size_are_still_read() -> None:
    reader = Reader()
    right = 0
    for pixels, label in zip(mnist_images("t10k")[:1_000], mnist_labels("t10k"), strict=False):
        half = Image.fromarray(pixels).reduce(2)
        ink = ImageOps.invert(Image.fromarray((np.asarray(half) * 255).astype(np.uint8)))
        right += reader.read_image(saved(ImageOps.expand(ink, 1, 255))).digit == label
    assert right >= 990  # with square pixels it is 987


def test_where_there_is_no_ink_it_is_blank() -> None:
    with pytest.raises(Blank, match="Draw a digit"):
        normalise(np.zeros((28, 28), np.float32))
