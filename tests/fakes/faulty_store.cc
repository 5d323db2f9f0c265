#include "tests/fakes/faulty_store.h"

#include <utility>

namespace tidemark {

Status FaultyStore::Commit(const CommitBatch& batch) {
  ++attempts_;
  if (hook_) hook_(batch);
  if (failed_) return Unavailable("an earlier commit failed");
  const Fault fault = std::exchange(next_, Fault::kNone);
  if (fault == Fault::kRefused) return NoSpace("refused on request");
  if (fault == Fault::kBeforeApplying) {
    failed_ = true;
    return Unavailable("failed on request");
  }
  TM_RETURN_IF_ERROR(inner_->Commit(batch));
  ++commits_;
  if (fault == Fault::kAfterApplying) {
    failed_ = true;
    return Unavailable("failed on request, after applying");
  }
  return Status::Ok();
}

}  // namespace tidemark
