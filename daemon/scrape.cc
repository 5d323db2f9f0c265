#include "daemon/scrape.h"

#include "daemon/exposition.h"

namespace tidemark {
namespace {

void WriteKeptPart(const View* view, TextFormat format, TextSink* sink) {
  TextBuffer out(sink);
  if (view == nullptr) {
    WriteStateComplete(false, format, &out);
  } else {
    WriteViewFamilies(*view, format, &out);
  }
  out.Flush();
}

}  // namespace

std::shared_ptr<const DeflatedPart> Scraper::Make(const View* view, TextFormat format, bool gzip) {
  auto part = std::make_shared<DeflatedPart>();
  if (gzip) {
    GzipSink sink;
    WriteKeptPart(view, format, &sink);
    *part = std::move(sink).TakePart();
  } else {
    StringSink sink;
    WriteKeptPart(view, format, &sink);
    part->bytes = std::move(sink).Take();
  }
  return part;
}

ScrapeBody Scraper::Scrape(std::shared_ptr<const View> view, TextFormat format, bool gzip) {
  ScrapeBody body;
  body.format = format;
  body.gzip = gzip;
  {
    const std::lock_guard lock(mu_);
    // Bodies of older views, and those views, are free before a new body is made.
    std::erase_if(kept_, [&](const auto& entry) { return entry.second.view != view; });
    Kept& kept = kept_[{format, gzip}];
    if (kept.part == nullptr) {
      kept.part = Make(view.get(), format, gzip);
      kept.view = view;
    }
    body.kept = kept.part;
  }
  if (gzip) {
    GzipSink sink(body.kept.get());
    TextBuffer out(&sink);
    own_->Write(view.get(), format, &out);
    out.Flush();
    body.fresh = std::move(sink).TakeLast();
  } else {
    StringSink sink;
    TextBuffer out(&sink);
    own_->Write(view.get(), format, &out);
    out.Flush();
    body.fresh = std::move(sink).Take();
  }
  return body;
}

}  // namespace tidemark
