"""Array aliases used in signatures across the package."""

from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

Scalar = Float[Array, ""]
Latent = Float[Array, " latent"]
Latents = Float[Array, "pop latent"]
Code = Int[Array, ""]
Points = Float[Array, "node dim"]
Segments = Float[Array, "segment 2 dim"]

__all__ = [
    "Array",
    "Bool",
    "Code",
    "Float",
    "Int",
    "Latent",
    "Latents",
    "PRNGKeyArray",
    "Points",
    "Scalar",
    "Segments",
]
