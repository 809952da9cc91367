#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "../core/mapped_file.h"
#include "../core/packed_weights.h"
#include "../dispatch/select.h"

using namespace vectral;
namespace fs = std::filesystem;

namespace {

// A file of its own that goes away with the test.
struct TemporaryFile {
  explicit TemporaryFile(const std::string& content)
      : path((fs::temp_directory_path() / ("vectral-test-" + std::to_string(std::random_device{}()))).string()) {
    std::ofstream(path, std::ios::binary) << content;
  }
  ~TemporaryFile() { fs::remove(path); }
  const std::string path;
};

std::shared_ptr<const MappedFile> open_file(const std::string& path, bool map) {
  std::shared_ptr<const MappedFile> file;
  const Status status = MappedFile::open(path, map, &file);
  REQUIRE_MESSAGE(status.is_ok(), status.message());
  return file;
}

Tensor tensor_of(const std::vector<float>& values, int64_t rows, int64_t columns) {
  std::shared_ptr<Storage> storage = Storage::allocate(static_cast<int64_t>(values.size() * sizeof(float)));
  std::memcpy(storage->data(), values.data(), values.size() * sizeof(float));
  Shape shape;
  shape.rank = 2;
  shape.dims[0] = rows;
  shape.dims[1] = columns;
  return {storage, DType::f32, shape};
}

std::vector<float> counted(int64_t n, float first) {
  std::vector<float> values(static_cast<size_t>(n));
  for (size_t i = 0; i < values.size(); ++i) values[i] = first + static_cast<float>(i);
  return values;
}

PackingIsa packing(const IsaChoice& isa) {
  const KernelTable& k = *isa.kernels;
  return {isa.name, k.gemm_layout, k.pack_panel, k.to_f32, k.from_f32, k.quantize_i8_rows};
}

Status pack(const std::vector<Tensor>& parts, const IsaChoice& isa, int threads,
            std::shared_ptr<const PackedWeights>* packed) {
  PackingRequest request;
  if (Status status = PackingRequest::make({parts.begin(), parts.end()}, Arithmetic::f32, packing(isa), &request);
      !status.is_ok()) {
    return status;
  }
  return PackedWeights::of(request, threads, {}, packed);
}

}  // namespace

TEST_CASE("files: the same file is one mapping, and goes with its last user") {
  const TemporaryFile temporary("hello");
  for (const bool map : {true, false}) {
    CAPTURE(map);
    auto first = open_file(temporary.path, map);
    auto second = open_file(temporary.path, map);
    CHECK(first == second);
    CHECK(first->size() == 5);
    CHECK(std::memcmp(first->data(), "hello", 5) == 0);
    const uint64_t id = first->id();
    first.reset();
    second.reset();
    CHECK(open_file(temporary.path, map)->id() != id);
  }
}

TEST_CASE("files: what is no readable file is refused by name") {
  std::shared_ptr<const MappedFile> file;
  CHECK(MappedFile::open("/nowhere/x.safetensors", true, &file)
            .message()
            .find("/nowhere/x.safetensors: cannot be opened") == 0);
  const std::string folder = fs::temp_directory_path().string();
  CHECK_FALSE(MappedFile::open(folder, true, &file).is_ok());
  const TemporaryFile empty("");
  CHECK(open_file(empty.path, true)->size() == 0);
}

#ifndef _WIN32
TEST_CASE("files: a mapped file that was cut is refused, one that was read is not") {
  const TemporaryFile temporary(std::string(10000, 'x'));
  const auto mapped = open_file(temporary.path, true);
  const auto read = open_file(temporary.path, false);
  CHECK(mapped->check_whole().is_ok());
  fs::resize_file(temporary.path, 5000);
  CHECK(mapped->check_whole().message().find("was truncated after it was loaded (10000 bytes then, 5000 now)") !=
        std::string::npos);
  CHECK(read->check_whole().is_ok());
  CHECK(read->data()[9999] == 'x');
}

TEST_CASE("files: dropped pages come back from the file") {
  const TemporaryFile temporary(std::string(100000, 'x') + "end");
  const auto file = open_file(temporary.path, true);
  CHECK(file->data()[50000] == 'x');
  file->drop_pages(1, 99999);
  CHECK(file->data()[50000] == 'x');
  CHECK(file->data()[100002] == 'd');
}
#endif

TEST_CASE("packed weights: stacked parts of odd heights are the stacked matrix, and shared") {
  for (const IsaChoice& isa : runnable_isas()) {
    CAPTURE(isa.name);
    const Tensor a = tensor_of(counted(5 * 3, 1), 5, 3), b = tensor_of(counted(50 * 3, 100), 50, 3);
    std::shared_ptr<const PackedWeights> first, second, other;
    REQUIRE(pack({a, b}, isa, 2, &first).is_ok());
    REQUIRE(pack({a, b}, isa, 1, &second).is_ok());
    REQUIRE(pack({b, a}, isa, 1, &other).is_ok());
    CHECK(first == second);
    CHECK(first != other);

    std::vector<float> unpacked(55 * 3);
    unpack(first->view(), unpacked.data());
    std::vector<float> expected = counted(5 * 3, 1);
    for (const float value : counted(50 * 3, 100)) expected.push_back(value);
    CHECK(unpacked == expected);
  }
}

TEST_CASE("packed weights: parts of different types are widened to f32") {
  const Tensor a = tensor_of(counted(4, 1), 2, 2);
  Tensor half = tensor_of({0, 0}, 1, 2);
  half.dtype = DType::f16;  // two elements of the four it has room for
  const uint16_t bits[] = {0x3c00, 0xc000};
  std::memcpy(half.storage->data(), bits, sizeof bits);
  for (const IsaChoice& isa : runnable_isas()) {
    CAPTURE(isa.name);
    std::shared_ptr<const PackedWeights> packed;
    REQUIRE(pack({a, half}, isa, 1, &packed).is_ok());
    CHECK(packed->view().layout.dtype == DType::f32);
    std::vector<float> unpacked(6);
    unpack(packed->view(), unpacked.data());
    CHECK(unpacked == std::vector<float>{1, 2, 3, 4, 1, -2});
  }
}

TEST_CASE("packed weights: several threads that want one matrix at once pack it once") {
  const IsaChoice isa = runnable_isas().back();
  const Tensor a = tensor_of(counted(64 * 64, 0), 64, 64);
  std::vector<std::shared_ptr<const PackedWeights>> packed(8);
  std::vector<std::thread> threads;
  for (auto& result : packed) {
    threads.emplace_back([&] { static_cast<void>(pack({a}, isa, 2, &result).is_ok()); });
  }
  for (std::thread& thread : threads) thread.join();
  REQUIRE(packed[0] != nullptr);
  for (const auto& result : packed) CHECK(result == packed[0]);
}

TEST_CASE("packed weights: wrong parts are refused with what was found") {
  const IsaChoice isa = runnable_isas().back();
  const Tensor a = tensor_of(counted(6, 0), 2, 3), b = tensor_of(counted(6, 0), 3, 2);
  std::shared_ptr<const PackedWeights> packed;
  CHECK(pack({a, b}, isa, 1, &packed).message().find("[3, 2] beside 3 columns") != std::string::npos);
  Tensor wide = a;
  wide.dtype = DType::i32;
  CHECK(pack({wide}, isa, 1, &packed).message().find("got i32") != std::string::npos);
  CHECK_FALSE(pack({}, isa, 1, &packed).is_ok());
}
