// The tile registers of AMX in plain C++, after the pseudocode of Intel's Software Developer's Manual, volume 2. What
// the processor answers with an exception (#GP, #UD) is a thrown std::logic_error.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "../core/half.h"

namespace vectral::test {

class EmulatedTiles {
 public:
  template <typename Config>
  static void configure(const Config& config) {
    static_assert(sizeof(Config) == 64);
    load_config(&config);
  }
  static void load_config(const void* bytes);
  static void release() { state() = State(); }
  static bool released() { return !state().configured; }

  template <int T>
  static void zero() {
    zero_tile(T);
  }
  template <int T>
  static void load(const void* p, int64_t step) {
    load_tile(T, p, step);
  }
  template <int T>
  static void load_once(const void* p, int64_t step) {
    load_tile(T, p, step);
  }
  template <int T>
  static void store(void* p, int64_t step) {
    store_tile(T, p, step);
  }
  template <int C, int A, int W>
  static void dot_bf16() {
    dot_bf16_tiles(C, A, W);
  }
  template <int C, int A, int W>
  static void dot_u8s8() {
    dot_u8s8_tiles(C, A, W);
  }

 private:
  static constexpr int kTiles = 8, kRows = 16, kBytes = 64;

  struct Tile {
    int rows = 0, row_bytes = 0;
    alignas(64) uint8_t data[kRows][kBytes] = {};
  };
  struct State {
    bool configured = false;
    Tile tile[kTiles];
  };

  static State& state() {
    static thread_local State instance;
    return instance;
  }
  static Tile& usable(int tile) {
    if (!state().configured || state().tile[tile].rows == 0) throw std::logic_error("#UD: tile is not configured");
    return state().tile[tile];
  }
  static void check_product(int c, int a, int w);
  static void zero_tile(int tile);
  static void load_tile(int tile, const void* p, int64_t step);
  static void store_tile(int tile, void* p, int64_t step);
  static void dot_bf16_tiles(int c, int a, int w);
  static void dot_u8s8_tiles(int c, int a, int w);
};

}  // namespace vectral::test
