// `check healthy` and `check ready`: the probes of a running daemon, where there is no shell and no curl.
#include <iostream>

#include "daemon/commands.h"
#include "daemon/exit_code.h"

namespace tidemark {

int CheckProbe(const CheckProbeOptions& options) {
  const Result<HttpReply> reply = HttpGet(options.target, options.ready ? "/-/ready" : "/-/healthy");
  if (!reply.ok()) {
    std::cerr << "tidemark: " << reply.status().text() << "\n";
    return kExitFailure;
  }
  std::string reason = reply->body.substr(0, reply->body.find('\n'));
  if (reply->code != 200 && reply->code != 503) reason = "answers " + std::to_string(reply->code) + ": " + reason;
  (reply->code == 200 ? std::cout : std::cerr) << reason << "\n";
  return reply->code == 200 ? kExitOk : kExitFailure;
}

}  // namespace tidemark
