"""cglow-mnist and dequantization: a few steps from the data to the figures; what a class and learned noise change."""

import numpy as np
import pytest

from minigen import data, random
from minigen.experiments import cglow_mnist, dequantization
from minigen.run import Run
from tests.test_experiments import trained

SMALL = data.mnist(full=False)[:60]


@pytest.fixture
def own(tmp_path):
    """An .npz file with 60 digits of 14×14 pixels, and their labels."""
    path = tmp_path / "digits.npz"
    np.savez(path, images=SMALL.images[:, ::2, ::2], labels=SMALL.labels)
    return path


def test_conditional_glow_from_data_to_figures(tmp_path, own):
    run, report = trained(cglow_mnist, tmp_path, steps=3, data=own)
    assert sorted(p.name for p in run.figures.iterdir()) == ["classes.png", "curves.png"]
    assert "54 images to learn from, 6 judged" in report["data"]
    assert 1.5 < report["held-out bits/dim, given the class"] < 8
    assert report["held-out bits/dim, given the class"] != report["held-out bits/dim, given another class"]
    model = cglow_mnist.load(Run.open(run.folder))
    assert model.classes == 10
    random.manual_seed(0)
    images = cglow_mnist.sample(model, 3)
    assert images.shape == (3, 12, 12)
    assert 0 <= images.min() < images.max() <= 1


def test_each_class_gets_its_own_label_and_the_same_z(monkeypatch):
    asked = []

    class Flow:
        classes, image_shape = 3, (2, 2)

        def one_hot(self, y):
            return list(y)

        def sample(self, n, temperature, context):
            asked.append((temperature, context))
            return random.rand((n, 1, 2, 2))

    monkeypatch.setattr(cglow_mnist, "as_images", lambda x, shape: x.reshape(-1, *shape))
    images = cglow_mnist.of_each_class(Flow(), 2)
    assert asked == [(cglow_mnist.TEMPERATURE, [y, y]) for y in range(3)]
    np.testing.assert_array_equal(images[0], images[2])


def test_the_labels_go_with_their_images(own):
    random.manual_seed(0)
    parts = cglow_mnist.build(own)
    k, y = next(parts.data.forever())
    for image, label in zip(k.data, y.data.argmax(axis=1)):
        at = (parts.images.images[:, :12, :12] == image[0]).all(axis=(1, 2)).argmax()
        assert parts.images.labels[at] == label


def test_one_class_is_too_few(tmp_path):
    np.savez(tmp_path / "ones.npz", images=SMALL.images, labels=np.zeros(len(SMALL), int))
    with pytest.raises(ValueError, match=r"ones.npz: all labels are 0; a conditional model needs at least two classes"):
        cglow_mnist.build(tmp_path / "ones.npz")


def test_dequantization_from_data_to_figures(tmp_path, own):
    run, report = trained(dequantization, tmp_path, steps=3, data=own)
    assert sorted(p.name for p in run.figures.iterdir()) == ["curves.png", "noise.png", "samples.png"]
    bits = {kind: report[f"{kind}: held-out bits/dim of 4 grey values"] for kind in ("uniform", "variational")}
    assert 0.5 < min(bits.values()) < max(bits.values()) < 4
    assert report["what learned noise gains [bits/dim], published 0.127"] == pytest.approx(bits["uniform"] - bits["variational"])
    assert report["variational: numbers learned"] > report["uniform: numbers learned"]
    model = dequantization.load(Run.open(run.folder))
    random.manual_seed(0)
    images = dequantization.sample(model, 3)
    assert images.shape == (3, 6, 6)
    assert set(np.unique(images)) <= {0, 1 / 3, 2 / 3, 1}


def test_coarse_images():
    images = np.zeros((1, 6, 9), np.uint8)
    images[0, :2, :2], images[0, :2, 2:4], images[0, 2, :2], images[0, 3, :2] = 255, 63, 64, 66
    np.testing.assert_array_equal(dequantization.coarse(images)[0, 0], [[3, 0, 0, 0], [1, 0, 0, 0]])


def test_learned_noise_lowers_the_bound():
    random.manual_seed(0)
    parts = dequantization.build(steps=60)
    k = np.float32(parts.k[:64])
    start = {name: flow.loss(k).item() for name, flow in parts.model.flows.items()}
    for _, batch in zip(range(60), parts.data.forever()):
        loss = parts.loss(batch)
        parts.optimizer.zero_grad()
        loss.backward()
        parts.optimizer.step()
        parts.schedule.step()
    end = {name: flow.loss(k).item() for name, flow in parts.model.flows.items()}
    assert start["variational"] == pytest.approx(start["uniform"], abs=0.2)
    assert end["variational"] < end["uniform"] - 0.05
    u = dequantization.learned_noise(parts.model.flows["variational"], parts.k[:64])
    assert 0 <= u.min() < u.max() <= 1
    assert u[parts.k[:64] == 0].std() < 0.26  # uniform noise has 0.29
