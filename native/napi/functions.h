// The functions JavaScript sees, one to one with `Native` in src/native.ts, which says what each does.
#pragma once

#include <napi.h>

namespace vectral::binding {

Napi::Value info(const Napi::CallbackInfo& info);

Napi::Value tensor_from(const Napi::CallbackInfo& info);
Napi::Value tensor_read(const Napi::CallbackInfo& info);
Napi::Value tensor_reshape(const Napi::CallbackInfo& info);
void tensor_release(const Napi::CallbackInfo& info);

Napi::Value open_weights(const Napi::CallbackInfo& info);
Napi::Value quantize_weight(const Napi::CallbackInfo& info);
Napi::Value weights_entries(const Napi::CallbackInfo& info);
Napi::Value weights_metadata(const Napi::CallbackInfo& info);
Napi::Value weights_tensor(const Napi::CallbackInfo& info);
void weights_release(const Napi::CallbackInfo& info);

Napi::Value execute(const Napi::CallbackInfo& info);

Napi::Value compile(const Napi::CallbackInfo& info);
Napi::Value run(const Napi::CallbackInfo& info);
Napi::Value profile(const Napi::CallbackInfo& info);
Napi::Value program_memory(const Napi::CallbackInfo& info);
void program_release(const Napi::CallbackInfo& info);

Napi::Value measure_peaks(const Napi::CallbackInfo& info);
Napi::Value scan_vocabulary(const Napi::CallbackInfo& info);
Napi::Value scan_pieces(const Napi::CallbackInfo& info);
Napi::Value index_vocabulary(const Napi::CallbackInfo& info);

Napi::Value vector_reader(const Napi::CallbackInfo& info);
Napi::Value vector_reader_feed(const Napi::CallbackInfo& info);
Napi::Value vector_reader_finish(const Napi::CallbackInfo& info);
Napi::Value vectors_from(const Napi::CallbackInfo& info);
Napi::Value vectors_size(const Napi::CallbackInfo& info);
Napi::Value vectors_find(const Napi::CallbackInfo& info);
Napi::Value vectors_words(const Napi::CallbackInfo& info);
Napi::Value vectors_rows(const Napi::CallbackInfo& info);
Napi::Value vectors_cosines(const Napi::CallbackInfo& info);
Napi::Value vectors_nearest(const Napi::CallbackInfo& info);
Napi::Value vectors_nearest_batch(const Napi::CallbackInfo& info);
Napi::Value vectors_text(const Napi::CallbackInfo& info);
void vectors_release(const Napi::CallbackInfo& info);

Napi::Value fasttext_load(const Napi::CallbackInfo& info);
Napi::Value fasttext_info(const Napi::CallbackInfo& info);
Napi::Value fasttext_words(const Napi::CallbackInfo& info);
Napi::Value fasttext_vectors(const Napi::CallbackInfo& info);
Napi::Value fasttext_subwords(const Napi::CallbackInfo& info);
Napi::Value fasttext_predict_now(const Napi::CallbackInfo& info);
Napi::Value fasttext_predict(const Napi::CallbackInfo& info);
Napi::Value fasttext_nearest(const Napi::CallbackInfo& info);
Napi::Value fasttext_word_vectors(const Napi::CallbackInfo& info);
Napi::Value fasttext_save(const Napi::CallbackInfo& info);
Napi::Value fasttext_train_supervised(const Napi::CallbackInfo& info);
Napi::Value fasttext_trainer(const Napi::CallbackInfo& info);
Napi::Value fasttext_finish(const Napi::CallbackInfo& info);
void fasttext_release(const Napi::CallbackInfo& info);
Napi::Value glove(const Napi::CallbackInfo& info);
Napi::Value glove_count(const Napi::CallbackInfo& info);
Napi::Value glove_build(const Napi::CallbackInfo& info);
Napi::Value glove_cooccur(const Napi::CallbackInfo& info);
Napi::Value glove_gather(const Napi::CallbackInfo& info);
Napi::Value glove_train(const Napi::CallbackInfo& info);
Napi::Value glove_skip(const Napi::CallbackInfo& info);
Napi::Value glove_state(const Napi::CallbackInfo& info);
Napi::Value glove_vocabulary(const Napi::CallbackInfo& info);
Napi::Value glove_restore(const Napi::CallbackInfo& info);
void glove_release(const Napi::CallbackInfo& info);
Napi::Value glove_vectors(const Napi::CallbackInfo& info);
Napi::Value word2vec(const Napi::CallbackInfo& info);
Napi::Value word_trainer_count(const Napi::CallbackInfo& info);
Napi::Value word_trainer_build(const Napi::CallbackInfo& info);
Napi::Value word_trainer_known(const Napi::CallbackInfo& info);
Napi::Value word_trainer_schedule(const Napi::CallbackInfo& info);
Napi::Value word_trainer_train(const Napi::CallbackInfo& info);
Napi::Value word_trainer_state(const Napi::CallbackInfo& info);
Napi::Value word_trainer_restore(const Napi::CallbackInfo& info);
Napi::Value word2vec_step(const Napi::CallbackInfo& info);
Napi::Value word2vec_vectors(const Napi::CallbackInfo& info);

// Once for each environment, before anything else: its data, and a hold on this library for the process's life.
void set_up(Napi::Env env);

}  // namespace vectral::binding
