// NEON is part of the aarch64 baseline: no region to open, only the namespace.
namespace vectral::neon {
