// The face of the addon: every function JavaScript can call, and nothing else.
#include <napi.h>

#include "napi/functions.h"

namespace {

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  using namespace vectral::binding;
  set_up(env);
  exports.Set("info", Napi::Function::New<info>(env));
  exports.Set("tensorFrom", Napi::Function::New<tensor_from>(env));
  exports.Set("tensorRead", Napi::Function::New<tensor_read>(env));
  exports.Set("tensorReshape", Napi::Function::New<tensor_reshape>(env));
  exports.Set("tensorRelease", Napi::Function::New<tensor_release>(env));
  exports.Set("quantizeWeight", Napi::Function::New<quantize_weight>(env));
  exports.Set("openWeights", Napi::Function::New<open_weights>(env));
  exports.Set("weightsEntries", Napi::Function::New<weights_entries>(env));
  exports.Set("weightsMetadata", Napi::Function::New<weights_metadata>(env));
  exports.Set("weightsTensor", Napi::Function::New<weights_tensor>(env));
  exports.Set("weightsRelease", Napi::Function::New<weights_release>(env));
  exports.Set("execute", Napi::Function::New<execute>(env));
  exports.Set("compile", Napi::Function::New<compile>(env));
  exports.Set("run", Napi::Function::New<run>(env));
  exports.Set("profile", Napi::Function::New<profile>(env));
  exports.Set("programMemory", Napi::Function::New<program_memory>(env));
  exports.Set("programRelease", Napi::Function::New<program_release>(env));
  exports.Set("measurePeaks", Napi::Function::New<measure_peaks>(env));
  exports.Set("scanVocabulary", Napi::Function::New<scan_vocabulary>(env));
  exports.Set("scanPieces", Napi::Function::New<scan_pieces>(env));
  exports.Set("indexVocabulary", Napi::Function::New<index_vocabulary>(env));
  exports.Set("vectorReader", Napi::Function::New<vector_reader>(env));
  exports.Set("vectorReaderFeed", Napi::Function::New<vector_reader_feed>(env));
  exports.Set("vectorReaderFinish", Napi::Function::New<vector_reader_finish>(env));
  exports.Set("vectorsFrom", Napi::Function::New<vectors_from>(env));
  exports.Set("vectorsSize", Napi::Function::New<vectors_size>(env));
  exports.Set("vectorsFind", Napi::Function::New<vectors_find>(env));
  exports.Set("vectorsWords", Napi::Function::New<vectors_words>(env));
  exports.Set("vectorsRows", Napi::Function::New<vectors_rows>(env));
  exports.Set("vectorsCosines", Napi::Function::New<vectors_cosines>(env));
  exports.Set("vectorsNearest", Napi::Function::New<vectors_nearest>(env));
  exports.Set("vectorsNearestBatch", Napi::Function::New<vectors_nearest_batch>(env));
  exports.Set("vectorsText", Napi::Function::New<vectors_text>(env));
  exports.Set("vectorsRelease", Napi::Function::New<vectors_release>(env));
  exports.Set("fastTextLoad", Napi::Function::New<fasttext_load>(env));
  exports.Set("fastTextInfo", Napi::Function::New<fasttext_info>(env));
  exports.Set("fastTextWords", Napi::Function::New<fasttext_words>(env));
  exports.Set("fastTextVectors", Napi::Function::New<fasttext_vectors>(env));
  exports.Set("fastTextSubwords", Napi::Function::New<fasttext_subwords>(env));
  exports.Set("fastTextPredictNow", Napi::Function::New<fasttext_predict_now>(env));
  exports.Set("fastTextPredict", Napi::Function::New<fasttext_predict>(env));
  exports.Set("fastTextNearest", Napi::Function::New<fasttext_nearest>(env));
  exports.Set("fastTextWordVectors", Napi::Function::New<fasttext_word_vectors>(env));
  exports.Set("fastTextSave", Napi::Function::New<fasttext_save>(env));
  exports.Set("fastTextTrainSupervised", Napi::Function::New<fasttext_train_supervised>(env));
  exports.Set("fastTextTrainer", Napi::Function::New<fasttext_trainer>(env));
  exports.Set("fastTextFinish", Napi::Function::New<fasttext_finish>(env));
  exports.Set("fastTextRelease", Napi::Function::New<fasttext_release>(env));
  exports.Set("glove", Napi::Function::New<glove>(env));
  exports.Set("gloveCount", Napi::Function::New<glove_count>(env));
  exports.Set("gloveBuild", Napi::Function::New<glove_build>(env));
  exports.Set("gloveCooccur", Napi::Function::New<glove_cooccur>(env));
  exports.Set("gloveGather", Napi::Function::New<glove_gather>(env));
  exports.Set("gloveTrain", Napi::Function::New<glove_train>(env));
  exports.Set("gloveSkip", Napi::Function::New<glove_skip>(env));
  exports.Set("gloveState", Napi::Function::New<glove_state>(env));
  exports.Set("gloveVocabulary", Napi::Function::New<glove_vocabulary>(env));
  exports.Set("gloveRestore", Napi::Function::New<glove_restore>(env));
  exports.Set("gloveRelease", Napi::Function::New<glove_release>(env));
  exports.Set("gloveVectors", Napi::Function::New<glove_vectors>(env));
  exports.Set("word2vec", Napi::Function::New<word2vec>(env));
  exports.Set("wordTrainerCount", Napi::Function::New<word_trainer_count>(env));
  exports.Set("wordTrainerBuild", Napi::Function::New<word_trainer_build>(env));
  exports.Set("wordTrainerKnown", Napi::Function::New<word_trainer_known>(env));
  exports.Set("wordTrainerSchedule", Napi::Function::New<word_trainer_schedule>(env));
  exports.Set("wordTrainerTrain", Napi::Function::New<word_trainer_train>(env));
  exports.Set("wordTrainerState", Napi::Function::New<word_trainer_state>(env));
  exports.Set("wordTrainerRestore", Napi::Function::New<word_trainer_restore>(env));
  exports.Set("word2vecStep", Napi::Function::New<word2vec_step>(env));
  exports.Set("word2vecVectors", Napi::Function::New<word2vec_vectors>(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(vectral, initialize)
