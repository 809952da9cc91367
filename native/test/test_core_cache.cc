// The file of packed matrices: found again, never believed when it is not exactly what was written, never in the way.
#include <doctest/doctest.h>

#ifndef _WIN32

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "../core/checksum.h"
#include "../core/packed_cache.h"
#include "../core/private_folder.h"
#include "../dispatch/select.h"

using namespace vectral;
namespace fs = std::filesystem;

namespace {

constexpr int64_t kRows = 100, kColumns = 70;

// A folder that goes away with the test, and in it a weight file of two f32 matrices and a folder for the cache.
struct Workbench {
  Workbench() {
    fs::create_directories(folder);
    write_weights(1);
    options.folder = folder + "/cache/vectral";
    options.least_bytes = 1;
    options.settled_after = 0;
  }
  ~Workbench() {
    fs::permissions(folder, fs::perms::owner_all);
    fs::remove_all(folder);
  }

  void write_weights(uint32_t seed) const {
    std::minstd_rand random(seed);
    std::ofstream out(weights, std::ios::binary);
    for (int64_t i = 0; i < 2 * kRows * kColumns; ++i) {
      const float value = static_cast<float>(random() % 2001) / 1000.0f - 1.0f;
      out.write(reinterpret_cast<const char*>(&value), sizeof value);
    }
  }

  std::string cache_file() const {
    for (const auto& entry : fs::directory_iterator(options.folder)) return entry.path().string();
    return "";
  }

  const std::string folder =
      (fs::temp_directory_path() / ("vectral-cache-test-" + std::to_string(std::random_device{}()))).string();
  const std::string weights = folder + "/weights";
  PackedCacheOptions options;
};

Tensor part_of(const std::shared_ptr<const MappedFile>& file, int64_t index) {
  Tensor tensor;
  constexpr int64_t kBytes = kRows * kColumns * 4;
  tensor.storage = Storage::region(file, index * kBytes, kBytes);
  tensor.shape.rank = 2;
  tensor.shape.dims[0] = kRows;
  tensor.shape.dims[1] = kColumns;
  return tensor;
}

PackingIsa packing(const IsaChoice& isa) {
  const KernelTable& k = *isa.kernels;
  return {isa.name, k.gemm_layout, k.pack_panel, k.to_f32, k.from_f32, k.quantize_i8_rows};
}

struct Loaded {
  std::vector<std::string> blocks;
  int from_cache = 0;
};

// What compiling a program does: both matrices, and their stack.
Loaded load(const Workbench& bench, Arithmetic arithmetic = Arithmetic::f32,
            const IsaChoice& isa = runnable_isas().back()) {
  std::shared_ptr<const MappedFile> file;
  REQUIRE(MappedFile::open(bench.weights, true, &file).is_ok());
  std::vector<PackingRequest> requests(3);
  REQUIRE(PackingRequest::make({part_of(file, 0)}, arithmetic, packing(isa), &requests[0]).is_ok());
  REQUIRE(PackingRequest::make({part_of(file, 1)}, arithmetic, packing(isa), &requests[1]).is_ok());
  REQUIRE(PackingRequest::make({part_of(file, 0), part_of(file, 1)}, arithmetic, packing(isa), &requests[2]).is_ok());
  PackedCache cache(bench.options, requests, 2);
  std::vector<std::shared_ptr<const PackedWeights>> packed(3);
  Loaded loaded;
  for (size_t i = 0; i < 3; ++i) {
    REQUIRE(PackedWeights::of(
                requests[i], 2, [&] { return cache.find(i); }, &packed[i])
                .is_ok());
    loaded.blocks.emplace_back(reinterpret_cast<const char*>(packed[i]->data()),
                               static_cast<size_t>(packed[i]->bytes()));
    loaded.from_cache += packed[i]->file() == nullptr ? 0 : 1;
  }
  cache.save(packed);
  return loaded;
}

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  std::string content(in ? static_cast<size_t>(in.tellg()) : 0, '\0');
  in.seekg(0).read(content.data(), static_cast<std::streamsize>(content.size()));
  return content;
}

void write(const std::string& path, const std::string& content) {
  // As the cache itself would: a file of its own, in place of the old one.
  const std::string other = path + ".new";
  std::ofstream(other, std::ios::binary) << content;
  fs::permissions(other, fs::perms::owner_read | fs::perms::owner_write);
  fs::rename(other, path);
}

// In the file: the checksum of the head, and the first row {begin, bytes, checksum}.
constexpr size_t kChecksum = 32, kRow = 40;

// Header, three rows and the key.
size_t head_bytes(const std::string& content) {
  int64_t key_bytes = 0;
  std::memcpy(&key_bytes, content.data() + 16, sizeof key_bytes);
  return kRow + 3 * 24 + static_cast<size_t>(key_bytes);
}

}  // namespace

TEST_CASE("cache: the second load finds the bytes of the first, for every instruction set and arithmetic") {
  for (const IsaChoice& isa : runnable_isas()) {
    for (const Arithmetic arithmetic : {Arithmetic::f32, Arithmetic::bf16, Arithmetic::i8}) {
      CAPTURE(isa.name);
      const Workbench bench;
      const Loaded first = load(bench, arithmetic, isa), second = load(bench, arithmetic, isa);
      CHECK(first.from_cache == 0);
      CHECK(second.from_cache == 3);
      CHECK(first.blocks == second.blocks);
    }
  }
}

TEST_CASE("cache: the folder is 0700 and the file 0600") {
  const Workbench bench;
  load(bench);
  struct stat s;
  REQUIRE(::stat(bench.options.folder.c_str(), &s) == 0);
  CHECK((s.st_mode & 0777) == 0700);
  REQUIRE(::stat(bench.cache_file().c_str(), &s) == 0);
  CHECK((s.st_mode & 0777) == 0600);
}

TEST_CASE("cache: weights rewritten, in place or by rename, are packed anew into the same file") {
  const Workbench bench;
  const Loaded before = load(bench);
  const std::string name = bench.cache_file();
  for (const bool in_place : {true, false}) {
    CAPTURE(in_place);
    std::this_thread::sleep_for(
        std::chrono::milliseconds(50));  // a change of the same instant is what settled_after is for
    const auto time = fs::last_write_time(bench.weights);
    if (!in_place) fs::remove(bench.weights);
    bench.write_weights(in_place ? 2 : 3);
    fs::last_write_time(bench.weights, time);  // the time alone must not be believed
    const Loaded after = load(bench);
    CHECK(after.from_cache == 0);
    CHECK(after.blocks != before.blocks);
    CHECK(load(bench).from_cache == 3);
    CHECK(load(bench).blocks == after.blocks);
    CHECK(bench.cache_file() == name);
  }
}

TEST_CASE("cache: a file with any byte changed, or cut anywhere, is not used and is replaced") {
  const Workbench bench;
  const Loaded good = load(bench);
  const std::string path = bench.cache_file(), content = read(path);
  // Blocks begin at pages, and what lies between the head and the first of them is not read.
  std::vector<size_t> places;
  for (size_t i = 0; i < head_bytes(content); i += 7) places.push_back(i);
  for (size_t i = 4096; i < 4096 + kRows * kColumns * 4; i += 1999) places.push_back(i);
  places.push_back(content.size() - 1);
  for (const size_t place : places) {
    CAPTURE(place);
    std::string damaged = content;
    damaged[place] = static_cast<char>(damaged[place] ^ 0x10);
    write(path, damaged);
    const Loaded loaded = load(bench);
    CHECK(loaded.from_cache == 0);
    CHECK(loaded.blocks == good.blocks);
    CHECK(load(bench).from_cache == 3);
  }
  for (const size_t length : {size_t{0}, size_t{1}, size_t{39}, size_t{500}, size_t{4096}, content.size() - 1}) {
    CAPTURE(length);
    write(path, content.substr(0, length));
    CHECK(load(bench).from_cache == 0);
    CHECK(load(bench).from_cache == 3);
  }
  write(path, content + "x");
  CHECK(load(bench).from_cache == 0);
  CHECK(read(path) == content);
}

TEST_CASE("cache: a head that lies with a right checksum is not followed outside the file") {
  const Workbench bench;
  load(bench);
  const std::string path = bench.cache_file(), content = read(path);
  const size_t head = head_bytes(content);
  const auto seal = [&](std::string file) {
    std::memset(file.data() + kChecksum, 0, 8);
    const uint64_t sum = checksum(file.data(), static_cast<int64_t>(head));
    std::memcpy(file.data() + kChecksum, &sum, 8);
    return file;
  };
  REQUIRE(seal(content) == content);  // the layout above is the file's
  for (const int64_t begin : {int64_t{-4096}, int64_t{0}, int64_t{4097}, int64_t{1} << 40, INT64_MAX / 4096 * 4096}) {
    CAPTURE(begin);
    std::string lying = content;
    std::memcpy(lying.data() + kRow, &begin, sizeof begin);
    write(path, seal(lying));
    CHECK(load(bench).from_cache == 0);
  }
  for (const int64_t bytes : {int64_t{-1}, int64_t{0}, int64_t{64}, INT64_MAX}) {
    CAPTURE(bytes);
    std::string lying = content;
    std::memcpy(lying.data() + kRow + 8, &bytes, sizeof bytes);
    write(path, seal(lying));
    CHECK(load(bench).from_cache == 0);
  }
  std::string other_version = content;
  other_version[8] = static_cast<char>(other_version[8] + 1);
  write(path, seal(other_version));
  CHECK(load(bench).from_cache == 0);
  CHECK(load(bench).from_cache == 3);
}

TEST_CASE("cache: writers at once leave one whole file") {
  const Workbench bench;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const PrivateFolder folder(bench.options.folder, true);
      const std::string content(300000, static_cast<char>('a' + i));
      for (int round = 0; round < 20; ++round) {
        folder.replace_file(
            "x", [&](const auto& append) { return append(content.data(), 150000) && append(content.data(), 150000); });
      }
    });
  }
  bool whole = true;
  for (int i = 0; i < 200; ++i) {
    const std::string seen = read(bench.options.folder + "/x");
    whole = whole && (seen.empty() || (seen.size() == 300000 && seen.find_first_not_of(seen[0]) == std::string::npos));
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(whole);
  CHECK(std::distance(fs::directory_iterator(bench.options.folder), fs::directory_iterator()) == 1);
}

TEST_CASE("cache: a file that cannot be finished leaves nothing, and what a dead process left is removed") {
  const Workbench bench;
  const PrivateFolder folder(bench.options.folder, true);
  REQUIRE(folder.is_open());
  CHECK_FALSE(folder.replace_file("x", [](const auto& append) { return append("abc", 3) && false; }));
  CHECK(fs::is_empty(bench.options.folder));
  const std::string fresh = bench.options.folder + "/.unfinished-1", old = bench.options.folder + "/.unfinished-2";
  std::ofstream(fresh) << "x";
  std::ofstream(old) << "x";
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(2));
  CHECK(folder.replace_file("x", [](const auto& append) { return append("abc", 3); }));
  CHECK(read(bench.options.folder + "/x") == "abc");
  CHECK(fs::exists(fresh));
  CHECK_FALSE(fs::exists(old));
}

TEST_CASE("cache: what nobody read for a month goes when something is saved, and reading counts") {
  Workbench bench;
  const PrivateFolder folder(bench.options.folder, true);
  const auto write = [&](const std::string& name) {
    return folder.replace_file(name, [](const PrivateFolder::Append& append) { return append("x", 1); });
  };
  const auto age = [&](const std::string& name, time_t seconds) {
    const timespec long_ago = {::time(nullptr) - seconds, 0}, times[2] = {long_ago, long_ago};
    REQUIRE(::utimensat(AT_FDCWD, (bench.options.folder + '/' + name).c_str(), times, 0) == 0);
  };
  constexpr time_t kDay = 24 * 3600;
  for (const char* name : {"old.packed", "read.packed", "recent.packed", "not-ours.txt"}) REQUIRE(write(name));
  for (const char* name : {"old.packed", "read.packed", "not-ours.txt"}) age(name, 31 * kDay);
  age("recent.packed", 29 * kDay);
  const int read = folder.open_file("read.packed");
  REQUIRE(read >= 0);
  ::close(read);
  REQUIRE(write("new.packed"));
  CHECK_FALSE(fs::exists(bench.options.folder + "/old.packed"));
  for (const char* name : {"read.packed", "recent.packed", "new.packed", "not-ours.txt"}) {
    CHECK(fs::exists(bench.options.folder + '/' + name));
  }
}

TEST_CASE("cache: what others may write to, links, and what is no file are refused") {
  const Workbench bench;
  load(bench);
  const std::string path = bench.cache_file(), content = read(path);
  fs::permissions(path, fs::perms::group_write, fs::perm_options::add);
  CHECK(load(bench).from_cache == 0);
  CHECK(load(bench).from_cache == 3);

  fs::rename(path, bench.folder + "/elsewhere");
  fs::create_symlink(bench.folder + "/elsewhere", path);
  CHECK(load(bench).from_cache == 0);
  CHECK(load(bench).from_cache == 3);  // the link was replaced
  CHECK_FALSE(fs::is_symlink(path));

  fs::remove(path);
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(load(bench).from_cache == 0);
  fs::remove_all(path);
  load(bench);

  fs::permissions(bench.options.folder, fs::perms::others_write, fs::perm_options::add);
  CHECK(load(bench).from_cache == 0);
  CHECK(load(bench).from_cache == 0);
}

TEST_CASE("cache: another user's file or folder is refused") {
  if (::geteuid() != 0) {
    MESSAGE("not run: only root can make another user's file");
    return;
  }
  const Workbench bench;
  load(bench);
  const std::string path = bench.cache_file();
  REQUIRE(::chown(path.c_str(), 12345, 12345) == 0);
  CHECK(load(bench).from_cache == 0);
  CHECK(load(bench).from_cache == 3);
  REQUIRE(::chown(bench.options.folder.c_str(), 12345, 12345) == 0);
  CHECK(load(bench).from_cache == 0);
  CHECK(load(bench).from_cache == 0);
}

TEST_CASE("cache: no folder, one that cannot be made, fresh weights, and little to save go without") {
  Workbench bench;
  const std::string folder = bench.options.folder;
  bench.options.folder = "";
  CHECK(load(bench).from_cache == 0);
  bench.options.folder = bench.weights + "/below-a-file";
  CHECK(load(bench).from_cache == 0);
  bench.options.folder = folder;
  bench.options.settled_after = int64_t{3600} * 1'000'000'000;
  CHECK(load(bench).from_cache == 0);
  bench.options.settled_after = 0;
  bench.options.least_bytes = 1 << 20;
  CHECK(load(bench).from_cache == 0);
  CHECK_FALSE(fs::exists(folder));
}

TEST_CASE("checksum: every bit, the length and the order count") {
  std::vector<uint8_t> data(200, 0);
  const uint64_t zeros = checksum(data.data(), 200);
  CHECK(checksum(data.data(), 199) != zeros);
  for (size_t bit = 0; bit < 1600; ++bit) {
    data[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    CHECK(checksum(data.data(), 200) != zeros);
    data[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
  }
  data[0] = 1;
  const uint64_t first = checksum(data.data(), 200);
  data[0] = 0;
  data[64] = 1;
  CHECK(checksum(data.data(), 200) != first);
}

#endif
