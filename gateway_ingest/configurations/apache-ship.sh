python3 manage.py ship_log /var/log/apache2/hypercare.log --follow --format combined \
  --url @URL@ --key @KEY@
