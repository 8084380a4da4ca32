"""The GAN experiments: a few steps of each from the data to the figures, exact resume, what they share."""

import math

import numpy as np
import pytest

from minigen import checkpoint, data, experiments, random, tensor
from minigen.experiments import dcgan_fashion, dcgan_mnist, gan_mnist, lsgan, sngan_mnist, two_players, wgan_gp_mnist, wgan_mnist
from minigen.random import new_generator
from minigen.run import Run

SMALL = data.mnist(full=False)[:220]
EXPERIMENTS = {  # module -> what it logs at every step
    gan_mnist: {"d_loss", "g_loss", "accuracy"},
    dcgan_mnist: {"d_loss", "g_loss", "accuracy"},
    dcgan_fashion: {"d_loss", "g_loss", "accuracy"},
    lsgan: {"d_loss", "g_loss"},
    sngan_mnist: {"d_loss", "g_loss"},
    wgan_mnist: {"distance", "g_loss"},
    wgan_gp_mnist: {"distance", "penalty", "g_loss"},
}
LOOPS = [module for module in EXPERIMENTS if module is not dcgan_fashion]  # which has that of dcgan_mnist
FIGURES = {"images.png", "losses.png", "percent.png", "samples.png"}


@pytest.fixture(params=EXPERIMENTS, ids=lambda module: module.NAME)
def module(request, monkeypatch):
    """An experiment with small batches that looks at its samples every second step."""
    loop = dcgan_mnist if request.param is dcgan_fashion else request.param
    monkeypatch.setattr(loop, "BATCH", 8)
    monkeypatch.setattr(loop, "LOOK", 2)
    monkeypatch.setattr(two_players, "FEW", 15)
    return request.param


@pytest.fixture
def undrawn(module, monkeypatch):
    """Without the figures, which take most of the time of a short run."""
    monkeypatch.setattr(module, "draw", lambda *_, **__: None)
    monkeypatch.setattr(two_players, "grid", lambda *_: None)


@pytest.fixture
def own(tmp_path):
    """An .npz file with 220 digits."""
    path = tmp_path / "digits.npz"
    np.savez(path, images=SMALL.images, labels=SMALL.labels)
    return path


def trained(module, tmp_path, **options):
    run = Run.create(module.NAME, 0, root=tmp_path / "runs")
    random.manual_seed(run.seed)
    report = module.train(run, progress=False, **options)
    run.finish(report)
    return run, report


def test_from_data_to_figures(module, tmp_path, own):
    run, report = trained(module, tmp_path, steps=3, data=own)
    assert {p.name for p in run.figures.iterdir()} == FIGURES | {"samples-000002.png"}
    assert run.metrics("diversity")[0] == [2]
    lines = [line for line in run.metrics() if "diversity" not in line]
    assert [line["step"] for line in lines] == [1, 2, 3]
    for line in lines:
        assert line.keys() - {"step"} == EXPERIMENTS[module]
        assert all(math.isfinite(v) for v in line.values())
    assert report["data"].startswith("198 images to learn from, 22 held out")
    assert 0 < next(v for k, v in report.items() if k.startswith("FID of 22 samples in our own classifier's features")) < 200
    assert "different samples for" in report["different samples"]
    last = next(v for k, v in report.items() if "loss at the end" in k or "distance at the end" in k)
    logged = run.metrics("d_loss" if "d_loss" in EXPERIMENTS[module] else "distance")[1]
    assert last == pytest.approx(np.mean(logged))
    model = module.load(Run.open(run.folder))
    random.manual_seed(run.seed)
    untrained = module.build(own).model.state_dict()
    assert not [n for n, w in model.state_dict().items() if n.endswith("weight") and (w == untrained[n]).all()], "both players learned"
    random.manual_seed(1)
    images = module.sample(model, 3)
    assert images.shape == (3, 28, 28)
    assert 0 <= images.min() < images.max() <= 1


@pytest.mark.parametrize("module", LOOPS, indirect=True, ids=lambda module: module.NAME)
@pytest.mark.usefixtures("undrawn")
def test_a_resumed_run_ends_with_the_same_weights(module, tmp_path, own):
    whole, _ = trained(module, tmp_path, steps=5, data=own)
    part, _ = trained(module, tmp_path, steps=3, data=own)
    again = Run.open(part.folder)
    random.manual_seed(again.seed)
    module.train(again, steps=5, data=own, progress=False)
    a, b = (checkpoint.load(run.checkpoint) for run in (whole, again))
    assert a["states"].keys() == {"model", "d_optimizer", "g_optimizer", "data"}
    assert repr(a["states"]) == repr(b["states"])
    for name, array in a["states"]["model"].items():
        np.testing.assert_array_equal(array, b["states"]["model"][name], err_msg=name)
    assert a["random"] == b["random"]
    assert (whole.folder / "metrics.jsonl").read_bytes() == (again.folder / "metrics.jsonl").read_bytes()


@pytest.mark.parametrize("module", LOOPS, indirect=True, ids=lambda module: module.NAME)
@pytest.mark.usefixtures("undrawn")
def test_looking_does_not_change_the_training(module, tmp_path, own, monkeypatch):
    whole, _ = trained(module, tmp_path, steps=3, data=own)
    monkeypatch.setattr(module, "LOOK", 1000)
    blind, _ = trained(module, tmp_path, steps=3, data=own)
    a, b = (checkpoint.load(run.checkpoint)["states"]["model"] for run in (whole, blind))
    assert all((a[name] == b[name]).all() for name in a)


@pytest.mark.parametrize("module", [m for m in LOOPS if m is not gan_mnist], indirect=True, ids=lambda module: module.NAME)
@pytest.mark.usefixtures("undrawn")
def test_the_loop_is_the_two_steps_of_its_model(module, tmp_path, own):
    """What is written out in the experiment, line by line: the losses that the model's methods return, and ``clip`` where it has one."""
    run, _ = trained(module, tmp_path, steps=2, data=own)
    random.manual_seed(run.seed)
    parts = module.build(own)
    model, stream = parts.model, parts.data.forever()
    for _ in range(2):
        for _ in range(getattr(module, "CRITIC_STEPS", 1)):
            descend(model.discriminator_loss(next(stream)), parts.d_optimizer)
            getattr(model, "clip", lambda: None)()
        descend(model.generator_loss(module.BATCH), parts.g_optimizer)
    for name, array in module.load(run).state_dict().items():
        np.testing.assert_allclose(array, model.state_dict()[name], rtol=1e-5, atol=1e-6, err_msg=name)


def descend(loss, optimizer):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def test_without_a_folder_nothing_is_drawn(module, own):
    random.manual_seed(0)
    assert "different samples" in module.train(Run(), steps=1, data=own, progress=False)


@pytest.mark.parametrize("module", [gan_mnist, wgan_gp_mnist])
def test_images_of_another_size_are_learned_but_not_judged(module, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 4)
    path = tmp_path / "faces.npz"
    np.savez(path, images=(255 * new_generator(0).random((20, 25, 18))).astype(np.uint8))
    run, report = trained(module, tmp_path, steps=2, data=path)
    assert not any("FID" in name for name in report)
    assert module.sample(module.load(run), 2).shape == (2, 25, 18)


def test_the_first_steps_of_the_lectures_gan(own):
    """The discriminator soon tells noise from digits; without its opponent's moves it would keep its 100 %."""
    random.manual_seed(0)
    run = Run()
    gan_mnist.train(run, steps=60, data=own, progress=False)
    accuracy, d_loss = run.metrics("accuracy")[1], run.metrics("d_loss")[1]
    assert max(accuracy[:30]) > 98
    assert min(d_loss) < 0.1 < d_loss[0]


def test_what_they_are_trained_on_unless_told_otherwise():
    images = {module: module.build().images for module in (gan_mnist, dcgan_fashion)}
    assert {i.name for i in images.values()} == {"MNIST", "Fashion-MNIST"}
    assert {experiments.get(m.NAME) for m in EXPERIMENTS} == set(EXPERIMENTS)


# --- what they share ----------------------------------------------------------------------------------------------------------


def test_pixels_there_and_back():
    bytes_ = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    x = two_players.scaled(bytes_)
    assert x.dtype == np.float32
    assert (x.min(), x.max()) == (-1, 1)
    back = two_players.as_images(tensor(x.reshape(1, 256)), (16, 16))
    np.testing.assert_array_equal((255 * back).round(), bytes_)


@pytest.mark.parametrize(
    ("real", "fake", "percent"), [([1, 2], [-1, -3], 100), ([1, -1], [-1, -3], 75), ([-1, -1], [2, 2], 0), ([3, 3, 3, -3], [1], 37.5)]
)
def test_accuracy_counts_both_sides_alike(real, fake, percent):
    assert two_players.accuracy(*(tensor(np.array(v, np.float32)[:, None]) for v in (real, fake))) == percent


def test_a_loss_that_is_no_number_is_named():
    assert two_players.finite(3, d_loss=tensor(0.5)) == {"d_loss": 0.5}
    for value in (math.nan, math.inf):
        with pytest.raises(FloatingPointError, match="step 3: g_loss is"):
            two_players.finite(3, d_loss=tensor(0.5), g_loss=tensor(value))


def test_the_report_has_the_numbers_early_and_late(own):
    run, parts = Run(), gan_mnist.build(own)
    for step in range(1, 1151):
        run.log(step, loss=0.0 if step <= 900 else 1.0 if step <= 1000 else 3.0 if step <= 1050 else 5.0)
    found = two_players.report(run, parts, "mnist", {"loss": "loss at the end [nats]"})
    assert {k: v for k, v in found.items() if "loss" in k} == {"loss after 1,000 steps [nats]": 1, "loss at the end [nats]": 5}


def test_the_figures_name_their_only_line_and_cut_nothing_off(tmp_path, own, monkeypatch):
    run, parts, pictures = Run.create("gan", 0, root=tmp_path), gan_mnist.build(own), {}
    monkeypatch.setattr("minigen.viz.save", lambda picture, path, told: pictures.update({path.name: picture.axes[0]}))
    for step in range(1, 201):
        run.log(step, distance=1.0, diversity=30.0 + step / 2)
    two_players.draw(run, parts, {"distance": "estimate of the distance"})
    assert pictures["losses.png"].get_title() == "estimate of the distance, means of 100 steps"
    assert pictures["percent.png"].get_title() == two_players.PERCENT["diversity"]
    assert pictures["percent.png"].get_ylim() == (0, pytest.approx(1.05 * 130))
    run.log(201, accuracy=50.0)
    two_players.draw(run, parts, {"distance": "estimate of the distance", "g_loss": "generator"})
    assert pictures["losses.png"].get_title() == "losses, means of 100 steps"
    assert len(pictures["percent.png"].get_legend().texts) == 2


def test_curves_average_a_hundred_steps():
    run = Run()
    for step in range(1, 251):
        run.log(step, loss=1.0 if step <= 100 else 2.0 if step <= 200 else 5.0)
    places, means = two_players.averaged(run, "loss")
    assert (places, means) == ([50.5, 150.5, 225.5], [1, 2, 5])
