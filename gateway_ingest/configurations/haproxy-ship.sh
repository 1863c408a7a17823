python3 manage.py ship_log /var/log/haproxy.log --follow --format haproxy \
  --url @URL@ --key @KEY@
