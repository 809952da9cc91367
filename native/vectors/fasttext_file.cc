// The files of fastText: .bin and .ftz. Everything is little-endian and nothing is aligned:
//   [magic, version] · settings · size, nwords, nlabels, ntokens, [pruned rows] · entries: word, NUL, count, type
//   · pruned rows · [quantised?] input · [quantised output?] output
// What stands in brackets is missing in files of before version 11.
#include <cerrno>
#include <cmath>
#include <cstdio>

#include "fasttext_model.h"

namespace vectral {
namespace {

constexpr int32_t kMagic = 793712314, kVersion = 12;
constexpr int64_t kLeastEntry = 1 + 8 + 1;  // bytes: NUL, count, type

// Takes numbers from a file whose length is known. The first failure stays; what is read after it is zero.
class Reader {
 public:
  explicit Reader(const MappedFile& file) : file_(file), left_(file.size()), at_(file.data()) {}

  const Status& status() const { return status_; }
  bool ok() const { return status_.is_ok(); }
  int64_t left() const { return left_; }
  const uint8_t* at() const { return at_; }

  bool refuse(const std::string& problem) {
    if (ok()) status_ = Status::error(file_.path() + ": " + problem);
    return false;
  }
  // `bytes` of the file for `field`, or null.
  const uint8_t* take(int64_t bytes, const char* field) {
    if (!ok()) return nullptr;
    if (bytes < 0 || bytes > left_) {
      refuse(std::string(field) + " ends after the file: " + std::to_string(left_) + " bytes are left of " +
             std::to_string(file_.size()));
      return nullptr;
    }
    const uint8_t* const begin = at_;
    at_ += bytes;
    left_ -= bytes;
    return begin;
  }
  template <typename T>
  T number(const char* field) {
    T value{};
    if (const uint8_t* const bytes = take(sizeof(T), field)) std::memcpy(&value, bytes, sizeof value);
    return value;
  }
  template <typename T>
  T number(const char* field, int64_t least, int64_t most) {
    const T value = number<T>(field);
    if (value < least || value > most) {
      refuse(std::string(field) + " is " + std::to_string(value) + ", and must be from " + std::to_string(least) +
             " to " + std::to_string(most));
    }
    return value;
  }
  bool flag(const char* field) { return number<uint8_t>(field, 0, 1) == 1; }

 private:
  const MappedFile& file_;
  int64_t left_;
  const uint8_t* at_;
  Status status_ = Status::ok();
};

bool read_args(Reader& in, int32_t first, FastTextArgs* args) {
  args->dim = first;
  if (first < 1 || first > 1 << 20)
    return in.refuse("dim is " + std::to_string(first) + ", and must be from 1 to 1048576");
  args->ws = in.number<int32_t>("ws");
  args->epoch = in.number<int32_t>("epoch");
  args->min_count = in.number<int32_t>("minCount");
  args->neg = in.number<int32_t>("neg");
  args->word_ngrams = in.number<int32_t>("wordNgrams", 0, INT32_MAX);
  args->loss = static_cast<FastTextLoss>(in.number<int32_t>("loss", 1, 4));
  args->model = static_cast<FastTextKind>(in.number<int32_t>("model", 1, 3));
  args->bucket = in.number<int32_t>("bucket", 0, INT32_MAX);
  args->minn = in.number<int32_t>("minn", 0, INT32_MAX);
  args->maxn = in.number<int32_t>("maxn", 0, INT32_MAX);
  args->lr_update_rate = in.number<int32_t>("lrUpdateRate");
  args->t = in.number<double>("t");
  return in.ok();
}

bool read_entries(Reader& in, int32_t size, FastTextDictionary* dictionary) {
  dictionary->counts.reserve(static_cast<size_t>(size));
  int64_t sum = 0;
  for (int32_t i = 0; i < size; ++i) {
    const std::string where = "entry " + std::to_string(i) + " of the dictionary";
    const void* const end = in.left() > 0 ? std::memchr(in.at(), 0, static_cast<size_t>(in.left())) : nullptr;
    if (end == nullptr) return in.refuse(where + " has no NUL after its word");
    const int64_t length = static_cast<const uint8_t*>(end) - in.at();
    const std::string_view word(reinterpret_cast<const char*>(in.take(length + 1, "word")),
                                static_cast<size_t>(length));
    if (dictionary->entries.add(word) == WordTable::kNone) return in.refuse(where + " repeats an earlier one");
    const auto count = in.number<int64_t>("count of a word", 0, HuffmanTree::kMostCounts);
    const int type = in.number<int8_t>("type of an entry", 0, 1);
    if (!in.ok()) return false;
    if ((type == 0) != (i < dictionary->nwords)) return in.refuse(where + " is out of order: words come before labels");
    dictionary->counts.push_back(count);
    if ((sum += count) > HuffmanTree::kMostCounts) return in.refuse("the counts of the dictionary are too large");
  }
  return true;
}

bool read_dictionary(Reader& in, bool old_format, const FastTextArgs& args, FastTextDictionary* dictionary) {
  const auto size = in.number<int32_t>("size of the dictionary", 0, WordTable::kMostWords);
  const auto nwords = in.number<int32_t>("nwords", 0, size);
  const auto nlabels = in.number<int32_t>("nlabels", 0, size);
  dictionary->ntokens = in.number<int64_t>("ntokens", 0, INT64_MAX);
  const int64_t kept = old_format ? -1 : in.number<int64_t>("pruneidx_size", -1, INT32_MAX);
  if (!in.ok()) return false;
  if (int64_t{nwords} + nlabels != size)
    return in.refuse("nwords and nlabels do not add up to the size of the dictionary");
  if (size > in.left() / kLeastEntry)
    return in.refuse("the dictionary says " + std::to_string(size) + " entries, more than the file can hold");
  dictionary->nwords = nwords;
  if (!read_entries(in, size, dictionary)) return false;
  dictionary->pruned = kept >= 0;
  if (kept > in.left() / 8)
    return in.refuse("pruneidx_size is " + std::to_string(kept) + ", more than the file can hold");
  for (int64_t i = 0; i < kept; ++i) {
    const auto bucket = in.number<int32_t>("bucket of a pruned row", 0, int64_t{args.bucket} - 1);
    const auto row = in.number<int32_t>("index of a pruned row", 0, kept - 1);
    if (!in.ok()) return false;
    dictionary->kept.emplace_back(bucket, row);
    dictionary->kept_rows[bucket] = row;
  }
  return true;
}

bool read_quantizer(Reader& in, int64_t dim, const char* of, ProductQuantizer* pq) {
  pq->dim = in.number<int32_t>("dim of a product quantiser");
  pq->nsubq = in.number<int32_t>("nsubq of a product quantiser");
  pq->dsub = in.number<int32_t>("dsub of a product quantiser");
  pq->lastdsub = in.number<int32_t>("lastdsub of a product quantiser");
  if (!in.ok()) return false;
  const bool fits = pq->dim == dim && pq->nsubq >= 1 && pq->dsub >= 1 && pq->lastdsub >= 1 &&
                    pq->lastdsub <= pq->dsub && (int64_t{pq->nsubq} - 1) * pq->dsub + pq->lastdsub == dim;
  if (!fits)
    return in.refuse(std::string("the product quantiser of ") + of + " has pieces that do not make up its dim");
  const uint8_t* const bytes = in.take(dim * 256 * 4, "centroids of a product quantiser");
  if (bytes == nullptr) return false;
  pq->centroids.resize(static_cast<size_t>(dim) * 256);
  std::memcpy(pq->centroids.data(), bytes, pq->centroids.size() * 4);
  for (const float x : pq->centroids) {
    if (!std::isfinite(x)) return in.refuse(std::string("a centroid of ") + of + " is not finite");
  }
  return true;
}

bool read_matrix(Reader& in, bool quantized, int64_t dim, const char* of, FastTextMatrix* matrix) {
  matrix->quantized = quantized;
  matrix->qnorm = quantized && in.flag("qnorm");
  matrix->rows = in.number<int64_t>("rows of a matrix", 0, INT64_MAX);
  matrix->dim = in.number<int64_t>("columns of a matrix");
  if (!in.ok()) return false;
  if (matrix->dim != dim) {
    return in.refuse(std::string("the ") + of + " matrix has " + std::to_string(matrix->dim) + " columns; dim is " +
                     std::to_string(dim));
  }
  if (!quantized) {
    if (matrix->rows > in.left() / (dim * 4)) {
      return in.refuse(std::string("the ") + of + " matrix says " + std::to_string(matrix->rows) +
                       " rows, more than the file holds");
    }
    matrix->values = in.take(matrix->rows * dim * 4, of);
    return in.ok();
  }
  const auto codes = in.number<int32_t>("codesize", 0, INT32_MAX);
  matrix->codes = in.take(codes, "codes of a quantised matrix");
  if (!in.ok() || !read_quantizer(in, dim, of, &matrix->pq)) return false;
  if (matrix->rows > codes || matrix->rows * matrix->pq.nsubq != codes) {
    return in.refuse(std::string("codesize of the ") + of + " matrix does not fit its rows");
  }
  if (!matrix->qnorm) return true;
  matrix->norm_codes = in.take(matrix->rows, "codes of norms");
  return in.ok() && read_quantizer(in, 1, of, &matrix->norm_pq);
}

bool check_sizes(Reader& in, const FastTextModel& model) {
  const FastTextDictionary& dictionary = model.dictionary;
  int64_t rows = dictionary.nwords;
  if (dictionary.pruned)
    rows += static_cast<int64_t>(dictionary.kept.size());
  else if (model.args.hashes())
    rows += model.args.bucket;
  if (model.input.rows < rows) {
    return in.refuse("the input matrix has " + std::to_string(model.input.rows) + " rows; its words and buckets need " +
                     std::to_string(rows));
  }
  const int64_t classes = model.supervised() ? dictionary.nlabels() : dictionary.nwords;
  if (model.output.rows < classes) {
    return in.refuse("the output matrix has " + std::to_string(model.output.rows) + " rows; it needs " +
                     std::to_string(classes));
  }
  for (int64_t i = 0; !model.output.quantized && model.supervised() && i < model.output.rows * model.args.dim; ++i) {
    float x;
    std::memcpy(&x, model.output.values + i * 4, sizeof x);
    if (!std::isfinite(x))
      return in.refuse("the output matrix holds a value that is not finite in row " +
                       std::to_string(i / model.args.dim));
  }
  return true;
}

bool read_model(Reader& in, FastTextModel* model) {
  const auto first = in.number<int32_t>("magic number");
  const bool old_format = first != kMagic;
  const int32_t version = old_format ? 0 : in.number<int32_t>("version", 11, kVersion);
  if (!in.ok()) return false;
  if (old_format && (first < 1 || first > 1 << 20)) {
    return in.refuse("is no fastText model: it begins neither with the magic number nor, as old ones do, with a dim");
  }
  FastTextArgs& args = model->args;
  if (!read_args(in, old_format ? first : in.number<int32_t>("dim"), &args)) return false;
  // Classifiers of those versions do not use the n-grams of characters that they mention.
  if (version < kVersion && model->supervised()) args.maxn = 0;
  if (!read_dictionary(in, old_format, args, &model->dictionary)) return false;
  const bool quantized = !old_format && in.flag("the flag of a quantised input");
  if (in.ok() && model->dictionary.pruned && !quantized)
    return in.refuse("rows are pruned though the input is not quantised");
  if (!in.ok() || !read_matrix(in, quantized, args.dim, "input", &model->input)) return false;
  model->qout = !old_format && in.flag("qout");
  if (!in.ok() || !read_matrix(in, quantized && model->qout, args.dim, "output", &model->output)) return false;
  if (in.left() != 0) return in.refuse("has " + std::to_string(in.left()) + " bytes after the output matrix");
  return check_sizes(in, *model);
}

class Writer {
 public:
  explicit Writer(std::FILE* file) : file_(file) {}
  void bytes(const void* from, int64_t count) {
    if (count > 0)
      whole_ = whole_ && std::fwrite(from, 1, static_cast<size_t>(count), file_) == static_cast<size_t>(count);
  }
  template <typename T>
  void number(T value) {
    bytes(&value, sizeof value);
  }
  bool whole() const { return whole_; }

 private:
  std::FILE* file_;
  bool whole_ = true;
};

void write_quantizer(Writer& out, const ProductQuantizer& pq) {
  for (const int32_t n : {pq.dim, pq.nsubq, pq.dsub, pq.lastdsub}) out.number(n);
  out.bytes(pq.centroids.data(), static_cast<int64_t>(pq.centroids.size() * 4));
}

void write_matrix(Writer& out, const FastTextMatrix& matrix) {
  if (matrix.quantized) out.number<uint8_t>(matrix.qnorm);
  out.number(matrix.rows);
  out.number(matrix.dim);
  if (!matrix.quantized) return out.bytes(matrix.values, matrix.rows * matrix.dim * 4);
  out.number(static_cast<int32_t>(matrix.rows * matrix.pq.nsubq));
  out.bytes(matrix.codes, matrix.rows * matrix.pq.nsubq);
  write_quantizer(out, matrix.pq);
  if (!matrix.qnorm) return;
  out.bytes(matrix.norm_codes, matrix.rows);
  write_quantizer(out, matrix.norm_pq);
}

void write_model(Writer& out, const FastTextModel& model) {
  const FastTextArgs& a = model.args;
  const FastTextDictionary& d = model.dictionary;
  for (const int32_t n :
       {kMagic, kVersion, a.dim, a.ws, a.epoch, a.min_count, a.neg, a.word_ngrams, static_cast<int32_t>(a.loss),
        static_cast<int32_t>(a.model), a.bucket, a.minn, a.maxn, a.lr_update_rate}) {
    out.number(n);
  }
  out.number(a.t);
  for (const int32_t n : {d.entries.size(), d.nwords, d.nlabels()}) out.number(n);
  out.number(d.ntokens);
  out.number(d.pruned ? static_cast<int64_t>(d.kept.size()) : int64_t{-1});
  for (int32_t i = 0; i < d.entries.size(); ++i) {
    const std::string_view word = d.entries.word(i);
    out.bytes(word.data(), static_cast<int64_t>(word.size()));
    out.number<uint8_t>(0);
    out.number(d.counts[static_cast<size_t>(i)]);
    out.number<int8_t>(i >= d.nwords);
  }
  for (const auto& [bucket, row] : d.kept) {
    out.number(bucket);
    out.number(row);
  }
  out.number<uint8_t>(model.input.quantized);
  write_matrix(out, model.input);
  out.number<uint8_t>(model.qout);
  write_matrix(out, model.output);
}

}  // namespace

Status load_fasttext(const std::string& path, bool map, std::shared_ptr<const FastTextModel>* loaded) {
  const auto model = std::make_shared<FastTextModel>();
  if (Status status = MappedFile::open(path, map, &model->file); !status.is_ok()) return status;
  if (Status status = model->file->check_whole(); !status.is_ok()) return status;
  Reader in(*model->file);
  if (!read_model(in, model.get())) return in.status();
  const FastTextDictionary& dictionary = model->dictionary;
  if (model->supervised() && model->args.loss == FastTextLoss::hs) {
    model->tree.build(dictionary.counts.data() + dictionary.nwords, dictionary.nlabels());
  }
  *loaded = model;
  return Status::ok();
}

Status save_fasttext(const FastTextModel& model, const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return Status::error(path + ": cannot be written: " + std::strerror(errno));
  Writer out(file);
  write_model(out, model);
  const bool closed = std::fclose(file) == 0;
  if (out.whole() && closed) return Status::ok();
  return Status::error(path + ": cannot be written: " + std::strerror(errno));
}

}  // namespace vectral
