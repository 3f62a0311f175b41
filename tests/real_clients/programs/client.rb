# Ruby's Net::HTTP, as the Visualisation App has it below Faraday. Prints the statuses of the answers.
require "json"
require "net/http"

kept, direct, order, big = ARGV
json = { "Content-Type" => "application/json" }
statuses = Net::HTTP.start(URI(kept).host, URI(kept).port) do |http|
  listing = http.get("/cluster-types/")
  again = http.get("/cluster-types/", "If-None-Match" => listing["etag"])
  built = http.post("/clusters/", File.binread(order), json)
  [listing, again, built, http.get("/health")].map(&:code)
end
refused = Net::HTTP.start(URI(direct).host, URI(direct).port) { |http| http.post("/clusters/", File.binread(big), json) }
puts [*statuses, refused.code, JSON.parse(refused.body)["errors"][0]["title"]].join(" ")
