-- wrk: a new, valid sign-up for each request. Arguments: token, first number.
local token, number = "", 0
local body = '{"external_ref":"B-%07d","scheme":"household_health","unit_code":"%s","collector_code":"BENCH-01",'
  .. '"signed_on":"2025-10-25","months":12,"amount_paid":1263600,"receipt_no":"C45-%07d",'
  .. '"participant":{"full_name":"Nguyễn Văn An","born_on":"1980-02-03","sex":"male","personal_id":"03808%07d"},'
  .. '"household":{"code":"15142-HH-%07d","member_no":1},"support_group":"none","channel":"launch_day"}'

function init(args)
  token, number = args[1], tonumber(args[2])
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Authorization"] = "Bearer " .. token
end

function request()
  number = number + 1
  wrk.headers["Idempotency-Key"] = "bench-" .. number
  local unit = string.format("15142-%02d", number % 31 + 1)
  return wrk.format(nil, nil, nil, string.format(body, number, unit, number, number, number))
end
