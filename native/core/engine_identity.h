// Which build this is, and where files are: what a cache must know to notice that it is out of date.
#pragma once

#include <string>

namespace vectral {

// Differs between builds of the engine: size and time of the file this code was loaded from. Empty where the system
// does not tell.
const std::string& engine_identity();

// The path from the root, with links resolved; as it is given where that fails.
std::string absolute_path(const std::string& path);

}  // namespace vectral
