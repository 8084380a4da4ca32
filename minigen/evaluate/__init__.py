"""How good a model is: each file one way to judge it, with the warning that belongs to it."""

from minigen.evaluate.bits_per_dim import Bits, NotComparable, bits_per_dim, from_nats
from minigen.evaluate.features import FeatureNet, feature_net
from minigen.evaluate.latent_paths import direction, morph, spherical, straight
from minigen.evaluate.modes import Diversity, Modes, count_modes, diversity, effective_number
from minigen.evaluate.outliers import atypicality, auroc, minus_log_ratio
from minigen.evaluate.parzen import Parzen, parzen_log_likelihood, parzen_log_prob
from minigen.evaluate.quality import PrecisionRecall, fid, frechet_distance, kid, precision_recall, sample_quality
from minigen.evaluate.two_sample import C2ST, Permutation, c2st, energy_distance, median_width, mmd2, mmd_test, wasserstein_1d

__all__ = [
    "C2ST", "Bits", "Diversity", "FeatureNet", "Modes", "NotComparable", "Parzen", "Permutation", "PrecisionRecall", "atypicality",
    "auroc", "bits_per_dim", "c2st", "count_modes", "direction", "diversity", "effective_number", "energy_distance", "feature_net",
    "fid", "frechet_distance", "from_nats", "kid", "median_width", "minus_log_ratio", "mmd2", "mmd_test", "morph",
    "parzen_log_likelihood", "parzen_log_prob", "precision_recall", "sample_quality", "spherical", "straight", "wasserstein_1d",
]  # fmt: skip
