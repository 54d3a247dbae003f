-- wrk: the same read with a token. Arguments: token.
function init(args)
  wrk.headers["Authorization"] = "Bearer " .. args[1]
end
