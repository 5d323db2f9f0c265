// A configuration of Alertmanager: who is told of what, when, and what is not told beside something else.
#pragma once

#include <string>

#include "daemon/generate/rule.h"

namespace tidemark {

struct AlertmanagerOptions {
  std::string job = "tidemark";
  int from_minute = 8 * 60, to_minute = 18 * 60;  // business hours of each business day; what is not critical waits for them
  bool email = true, slack = true, webhook = false;  // how each receiver is told
};

// A whole file. Addresses are placeholders at example.com; secrets are read from files.
std::string AlertmanagerFile(const Plan& plan, const CalendarSpec& calendar, const AlertmanagerOptions& options);

// The templates that it refers to as tidemark.tmpl: e-mail, Slack, plain text. The same for every configuration.
std::string AlertmanagerTemplates();

}  // namespace tidemark
