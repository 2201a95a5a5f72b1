-- Requests for wrk: one after the other from a file of targets, one per line: path, name of a header, its value.
-- Arguments: the file, the method, the body's size in bytes.
local requests = {}
local next_request = 0

function init(arguments)
  local method, body_bytes = arguments[2], tonumber(arguments[3])
  local body = nil
  if body_bytes > 0 then body = string.rep("x", body_bytes) end
  for line in io.lines(arguments[1]) do
    local path, name, value = line:match("^(%S+) (%S+) (.+)$")
    local headers = { [name] = value }
    if body then headers["Content-Type"] = "text/plain" end
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
  -- Every thread starts elsewhere, so that they do not walk the channels in step.
  math.randomseed(os.time())
  next_request = math.random(#requests)
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
