// Files of word vectors, read piece by piece: word2vec's text and binary forms, GloVe's and fastText's text. What is
// kept is the matrix and the words, never the text; room grows with the rows that have come, whatever a header
// promises.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../core/status.h"
#include "../dispatch/kernels.h"
#include "decode.h"
#include "vector_set.h"

namespace vectral {

enum class VectorHeader : uint8_t { detect, present, absent };

struct VectorFileFormat {
  std::string path;  // for messages
  bool binary = false;
  VectorHeader header = VectorHeader::detect;
  int64_t limit = INT64_MAX;  // rows
  int64_t file_bytes = -1;    // where they are known
  DType dtype = DType::f32;   // of the matrix: f32, f16, bf16 or i8
  bool latin1 = false;
  Undecodable undecodable = Undecodable::strict;
};

struct VectorFileReport {
  int64_t declared = -1;   // rows by the header
  int64_t duplicates = 0;  // rows left out because an earlier one has their word
  std::string duplicate;   // the first of them
};

class VectorReader {
 public:
  VectorReader(VectorFileFormat format, const KernelTable& kernels);

  // Takes the next bytes of the file; `last`: there are no more. `done`: no more are wanted.
  Status feed(std::string_view bytes, bool last, int threads, bool* done);
  // After the last bytes, once.
  Status finish(std::shared_ptr<VectorSet>* set);
  const VectorFileReport& report() const { return report_; }

 private:
  struct Freer {
    void operator()(void* memory) const;
  };
  struct Line {
    std::string_view word, values;
  };

  Status read_header(bool last, bool* ready);
  Status set_dim(int64_t dim, const std::string& where);
  Status read_binary(bool last);
  Status read_lines(bool last, int threads);
  Status read_line(std::string_view line, int64_t number, Line* parsed) const;
  Status read_values(const Line& line, int64_t number, float* row) const;
  Status keep_rows(const std::vector<std::string_view>& words, const float* rows);
  Status reserve(int64_t rows);
  void store(const float* row, int64_t place);
  Status error(const std::string& what) const { return Status::error(format_.path + ": " + what); }
  std::string row_name(int64_t number) const;
  int64_t wanted() const;  // rows still to be read

  VectorFileFormat format_;
  const KernelTable& kernels_;
  VectorFileReport report_;
  std::string pending_;  // bytes that have come and are not read yet
  bool headed_ = false, ended_ = false;
  int64_t rows_read_ = 0, lines_read_ = 0;
  std::shared_ptr<VectorSet> set_;
  int64_t dim_ = 0;
  std::unique_ptr<void, Freer> matrix_;
  int64_t capacity_ = 0;  // rows
};

}  // namespace vectral
