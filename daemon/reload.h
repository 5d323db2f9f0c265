// The configuration that is in force, and how another one takes its place.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "daemon/commands.h"
#include "daemon/own_metrics.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

// Immutable and shared.
struct Configuration {
  Specs specs;
  std::shared_ptr<const Plan> plan;
  std::string redacted;  // as JSON, less secrets
};

// Threads: any; attempts are made one after another.
class Reloader {
 public:
  using Load = std::function<std::shared_ptr<const Configuration>()>;  // null: refused, and said why
  using Apply = std::function<void(std::shared_ptr<const Configuration>)>;
  // `apply` hands a good configuration to the engine, which takes it up between two batches.
  Reloader(std::shared_ptr<const Configuration> first, Load load, Apply apply, OwnMetrics* own);

  // Reads and checks the file whole. An error leaves the old configuration in force; the log says where it is wrong.
  Status Reload();

 private:
  Status Try();

  const Load load_;
  const Apply apply_;
  OwnMetrics* const own_;
  std::mutex mu_;
  std::shared_ptr<const Configuration> current_;  // GUARDED_BY(mu_)
};

// What another configuration may not change while the process runs; empty when nothing is.
std::string ChangedForGood(const Specs& from, const Specs& to);

}  // namespace tidemark
