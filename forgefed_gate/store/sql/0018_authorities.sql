-- The host of an address, as `ids.authority_of` names it; SQLite calls that one itself (connection.py).

-- only postgresql
CREATE FUNCTION authority_of(url TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE
AS 'SELECT COALESCE(substring(url FROM ''^[^:/?#]*://([^/?#]*)''), '''')';
