using ActorTunnel.Http2.Hpack;

namespace ActorTunnel.Proxy.Tunnels;

/// <summary>
/// Reads the <c>proxy-status</c> field (RFC 9209), a list of items with parameters (RFC 8941 §4.2). The last member is the intermediary nearest to us, so what it says, it
/// says of itself.
/// </summary>
internal static class ProxyStatusField
{
    /// <summary>The <c>error</c> of the nearest intermediary; null where it names none, and where the field is not there or not well-formed.</summary>
    public static string? ErrorOfNearest(IReadOnlyList<HeaderField> fields)
    {
        // Field lines of one name are one list (RFC 9110 §5.3).
        var value = string.Join(", ", fields.Where(field => field.Name == "proxy-status").Select(field => field.Value));
        return new Reader(value).TryReadList(out var error) ? error : null;
    }

    private ref struct Reader(ReadOnlySpan<char> text)
    {
        private ReadOnlySpan<char> _rest = text;

        /// <summary>Members, apart by commas; gives the <c>error</c> of the last one.</summary>
        public bool TryReadList(out string? error)
        {
            error = null;
            _rest = _rest.Trim(' ');
            do
            {
                SkipBlanks();
                if (!TryReadBareItem(out _) || !TryReadParameters(out error))
                {
                    return false;
                }

                SkipBlanks();
            }
            while (TryTake(','));
            return _rest.IsEmpty;
        }

        private bool TryReadParameters(out string? error)
        {
            error = null;
            while (TryTake(';'))
            {
                _rest = _rest.TrimStart(' ');
                var key = Take(static c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_' or '-' or '.' or '*');
                var value = default(ReadOnlySpan<char>);
                if (key.IsEmpty || (TryTake('=') && !TryReadBareItem(out value)))
                {
                    return false;
                }

                if (key is "error")
                {
                    error = value.ToString(); // Of two with the same key the last one counts (RFC 8941 §4.2.3.2).
                }
            }

            return true;
        }

        /// <summary>A string, or a run of what tokens, numbers, booleans and bytes are made of: only tokens are compared with anything.</summary>
        private bool TryReadBareItem(out ReadOnlySpan<char> item)
        {
            if (!_rest.StartsWith("\""))
            {
                item = Take(static c => c is > ' ' and <= '~' and not ('"' or ',' or ';' or '(' or ')'));
                return !item.IsEmpty;
            }

            item = _rest;
            for (var i = 1; i < _rest.Length; i++)
            {
                if (_rest[i] == '\\')
                {
                    i++;
                }
                else if (_rest[i] == '"')
                {
                    item = _rest[..(i + 1)];
                    _rest = _rest[(i + 1)..];
                    return true;
                }
            }

            return false;
        }

        private ReadOnlySpan<char> Take(Func<char, bool> isPart)
        {
            var length = 0;
            while (length < _rest.Length && isPart(_rest[length]))
            {
                length++;
            }

            var taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }

        private bool TryTake(char c)
        {
            if (!_rest.StartsWith([c]))
            {
                return false;
            }

            _rest = _rest[1..];
            return true;
        }

        private void SkipBlanks() => _rest = _rest.TrimStart([' ', '\t']);
    }
}
