"""The kinds of checks, as data: what each asks of a solution stands in its docstring."""

from minigen.exercises.checks.answers import Answer, Located
from minigen.exercises.checks.base import Check, Finding, Result
from minigen.exercises.checks.chance import Bound, Moments, MonteCarlo
from minigen.exercises.checks.gradient import Adjoint, Exact, Gradient, Second
from minigen.exercises.checks.maps import Inverse, Jacobian
from minigen.exercises.checks.training import Train
from minigen.exercises.checks.values import Dtype, Noise, Property, Pure, Refused, Shape, Stable, Values
