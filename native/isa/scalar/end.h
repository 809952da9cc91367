}  // namespace vectral::scalar
