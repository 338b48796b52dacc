"""Design spaces: smooth maps from an unbounded latent to bounded, physical designs."""

from ._ball import Ball as Ball
from ._base import (
    AbstractPlaced as AbstractPlaced,
    AbstractSpace as AbstractSpace,
    SegmentDesign as SegmentDesign,
)
from ._box import Box as Box, BoxDesign as BoxDesign
from ._cst import CST as CST
from ._deflectors import Deflectors as Deflectors
from ._ffd import FFD as FFD
from ._height_field import HeightDesign as HeightDesign, HeightField as HeightField
from ._joint_chain import JointChain as JointChain
from ._product import Product as Product, ProductDesign as ProductDesign
from ._rotors import Rotors as Rotors
from ._section_design import SectionDesign as SectionDesign
from ._slice import (
    Slice as Slice,
    along_slice as along_slice,
    common_slices as common_slices,
    halves_slice as halves_slice,
)
