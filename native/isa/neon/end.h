}  // namespace vectral::neon
