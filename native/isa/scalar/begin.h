// Plain C++ with the baseline flags: no region to open, only the namespace.
namespace vectral::scalar {
