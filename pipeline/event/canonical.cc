// The one place in the pipeline that names a generated event class, and only for its descriptor.
#include "pipeline/event/schema.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark {

const Schema& Schema::Canonical() {
  static const Schema* const schema = [] {
    Result<Schema> made = Make(events::v1::Event::descriptor());
    TM_CHECK(made.ok());
    return new Schema(std::move(made).value());  // never destroyed: threads may outlive main
  }();
  return *schema;
}

}  // namespace tidemark
