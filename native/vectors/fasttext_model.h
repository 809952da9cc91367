// A fastText model: word vectors with n-grams, or a classifier of lines.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "../core/mapped_file.h"
#include "../core/status.h"
#include "fasttext_dictionary.h"
#include "fasttext_matrix.h"
#include "huffman.h"
#include "vector_set.h"

namespace vectral {

struct FastTextModel {
  std::shared_ptr<const MappedFile> file;  // null for one that was trained here
  FastTextArgs args;
  FastTextDictionary dictionary;
  FastTextMatrix input, output;
  bool qout = false;  // the flag of the file; the output is quantised only if the input is too
  HuffmanTree tree;   // of the labels, for a classifier with hierarchical softmax

  bool supervised() const { return args.model == FastTextKind::sup; }
  std::string name() const { return file != nullptr ? file->path() : std::string("the trained model"); }

  // `vector` is [dim]. A word without rows, and a text without words, are zeros.
  Status word_vector(std::string_view word, float* vector) const;
  // Classifiers: the mean of all rows of the line. Others: the mean of the words' vectors of length 1.
  Status sentence_vector(std::string_view line, float* vector) const;

  using Scores = std::vector<std::pair<float, int32_t>>;  // best first
  // The k best labels whose probability is at least `threshold`. Only of classifiers.
  Status predict(std::string_view line, int32_t k, float threshold, Scores* best) const;

  // The k words nearest to the query by cosine, those of `banned` left out. Keeps the vectors of all words from the
  // first call on.
  Status nearest(const float* query, int32_t k, const std::vector<std::string>& banned, Scores* best) const;

  // The vectors of all words, n-grams included.
  Status word_vectors(VectorSet* set) const;

 private:
  Status mean_of(const std::vector<int32_t>& rows, float* vector) const;
  Status unit_vectors(const float** vectors) const;

  mutable std::mutex unit_mutex_;
  mutable std::vector<float> unit_;  // [nwords, dim]
};

// Reads a .bin or .ftz of fastText, also of before version 11, which has no magic number. Errors name file and field.
Status load_fasttext(const std::string& path, bool map, std::shared_ptr<const FastTextModel>* model);

// Writes format 12, beside the path first: a model may be saved over the file that it is mapped from.
Status save_fasttext(const FastTextModel& model, const std::string& path);

}  // namespace vectral
