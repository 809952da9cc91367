// Native objects as JavaScript holds them: Externals that say of what kind they are, and whether they were released.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "../core/packed_weights.h"
#include "../core/safetensors.h"
#include "../core/storage.h"
#include "../program/program.h"
#include "../vectors/vector_reader.h"
#include "../vectors/fasttext_trainer.h"
#include "../vectors/glove_trainer.h"
#include "../vectors/vector_set.h"
#include "../vectors/word2vec_trainer.h"
#include "job.h"

namespace vectral::binding {

enum class HandleKind { tensor, weights, program, vectors, vector_reader, fast_text, word_trainer, glove };

struct Handle {
  explicit Handle(HandleKind k) : kind(k) {}
  virtual ~Handle() = default;
  const HandleKind kind;
  bool released = false;
  int64_t counted_bytes = 0;  // what the collector was told about
};

struct TensorHandle : Handle {
  static constexpr HandleKind kKind = HandleKind::tensor;
  explicit TensorHandle(Tensor t) : Handle(kKind), content(std::move(t)) {}
  Tensor content;
  // Packed forms that eager calls made of this weight, latest last.
  std::vector<std::shared_ptr<const PackedWeights>> packed;
};

struct OpenedWeights {
  std::shared_ptr<const MappedFile> file;
  SafetensorsHeader header;
};

struct WeightsHandle : Handle {
  static constexpr HandleKind kKind = HandleKind::weights;
  explicit WeightsHandle(std::shared_ptr<const OpenedWeights> w) : Handle(kKind), content(std::move(w)) {}
  std::shared_ptr<const OpenedWeights> content;
};

struct ProgramHandle : Handle {
  static constexpr HandleKind kKind = HandleKind::program;
  explicit ProgramHandle(std::shared_ptr<const Program> p) : Handle(kKind), content(std::move(p)) {}
  std::shared_ptr<const Program> content;
};

struct VectorsHandle : Handle {
  static constexpr HandleKind kKind = HandleKind::vectors;
  explicit VectorsHandle(std::shared_ptr<const VectorSet> v) : Handle(kKind), content(std::move(v)) {}
  std::shared_ptr<const VectorSet> content;
};

struct VectorReaderHandle : Handle {
  static constexpr HandleKind kKind = HandleKind::vector_reader;
  explicit VectorReaderHandle(std::shared_ptr<VectorReader> r) : Handle(kKind), content(std::move(r)) {}
  std::shared_ptr<VectorReader> content;
};

struct FastTextHandle : Handle {
  static constexpr HandleKind kKind = HandleKind::fast_text;
  explicit FastTextHandle(std::shared_ptr<const FastTextModel> m) : Handle(kKind), content(std::move(m)) {}
  std::shared_ptr<const FastTextModel> content;
};

struct WordTrainerHandle : Handle {
  static constexpr HandleKind kKind = HandleKind::word_trainer;
  explicit WordTrainerHandle(const std::shared_ptr<Word2VecTrainer>& t) : Handle(kKind), content(t), word2vec(t) {}
  explicit WordTrainerHandle(const std::shared_ptr<FastTextTrainer>& t) : Handle(kKind), content(t), fasttext(t) {}
  std::shared_ptr<WordTrainer> content;
  // The same, of the kind that it is.
  std::shared_ptr<Word2VecTrainer> word2vec;
  std::shared_ptr<FastTextTrainer> fasttext;
};

struct GloveHandle : Handle {
  static constexpr HandleKind kKind = HandleKind::glove;
  explicit GloveHandle(std::shared_ptr<GloveTrainer> t) : Handle(kKind), content(std::move(t)) {}
  std::shared_ptr<GloveTrainer> content;
};

// The handles of one environment: an External is believed only if it is one of them. Handles keep it alive, because
// the order in which an ending environment frees things is not ours.
using LiveHandles = std::unordered_set<const Handle*>;

struct EnvironmentData {
  std::shared_ptr<LiveHandles> live = std::make_shared<LiveHandles>();
  Jobs jobs;
};

Jobs& jobs_of(Napi::Env env);
// A job of a trainer, the call's first argument, with as many threads as were asked for; the text that it may have as
// its second stays alive.
Napi::Promise start_training(const Napi::CallbackInfo& info, int threads, Jobs::Work work, Jobs::Finish finish);

// Hands `handle` to JavaScript; `counted_bytes` of memory stand behind it.
Napi::Value wrap_handle(Napi::Env env, std::unique_ptr<Handle> handle, int64_t counted_bytes);

// The handle inside `value`; throws a TypeError if it is none of this kind or was released.
Handle& unwrap_handle(const Napi::Value& value, HandleKind kind);

template <typename T>
T& unwrap(const Napi::Value& value) {
  return static_cast<T&>(unwrap_handle(value, T::kKind));
}

// Lets go of what the handle holds now instead of when it is collected. Releasing twice is allowed.
template <typename T>
void release(const Napi::CallbackInfo& info);

Napi::Value wrap_tensor(Napi::Env env, Tensor tensor);
Napi::Value wrap_vectors(Napi::Env env, std::shared_ptr<const VectorSet> set);
// A float32 tensor [rows, dim].
Napi::Value wrap_matrix(Napi::Env env, int64_t rows, int64_t dim, std::shared_ptr<Storage> storage);
// { words, counts }: words in bytes, a newline after each.
Napi::Object wrap_vocabulary(Napi::Env env, const WordCounts& vocabulary);

}  // namespace vectral::binding
