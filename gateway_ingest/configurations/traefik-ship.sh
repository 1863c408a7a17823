python3 manage.py ship_log /var/log/traefik/hypercare.log --follow --format traefik \
  --url @URL@ --key @KEY@
