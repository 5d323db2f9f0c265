#include "daemon/demo/feed.h"

#include "daemon/clock.h"

namespace tidemark::demo {
namespace {

constexpr double kRush = 1'500;  // live: a day of business in about a minute
constexpr uint64_t kSeed = 2026;

}  // namespace

Feed::Feed(std::string topic, std::unique_ptr<KafkaProducer> producer, const CompanyOptions& company)
    : topic_(std::move(topic)), producer_(std::move(producer)), delivery_(company, DeliveryOptions{}) {
  delivery_.Next(&next_);  // a company without an end always has one more
}

Result<std::unique_ptr<Feed>> Feed::Open(const std::string& brokers, const std::string& topic, Duration history) {
  // Batches: the embedded broker finds a record by walking them.
  TM_ASSIGN_OR_RETURN(std::unique_ptr<KafkaProducer> producer, KafkaProducer::Open(brokers, {{"linger.ms", "50"}}));
  CompanyOptions company;
  const EventTime now = EventTimeOfProof(WallNow());
  company.seed = kSeed;
  company.start = now - history;
  company.rush_from = now;
  company.rush = kRush;
  return std::unique_ptr<Feed>(new Feed(topic, std::move(producer), company));
}

Status Feed::ProduceDue(Ledger* ledger) {
  const EventTime now = EventTimeOfProof(WallNow());
  std::string bytes;
  for (int n = 0; next_.arrived <= now && n < 5'000; ++n) {
    next_.fact.event.SerializeToString(&bytes);
    TM_RETURN_IF_ERROR(
        producer_->Produce(topic_, KafkaProducer::kAnyPartition, next_.fact.key, bytes, Micros(next_.arrived) / 1000));
    ++(next_.again ? repeated_ : facts_);
    if (!next_.again && ledger != nullptr) ledger->Book(next_.fact.event);
    delivery_.Next(&next_);
  }
  return {};
}

Status Feed::Flush() {
  TM_RETURN_IF_ERROR(producer_->Flush(std::chrono::seconds(30)));
  if (producer_->failed() > 0) return Unavailable(std::to_string(producer_->failed()) + " records were not written");
  return {};
}

}  // namespace tidemark::demo
