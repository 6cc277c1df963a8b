using System.Text;

namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>
/// Puts the tokens of a path expression together: dots outside quotes separate elements, white space inside the expression is kept.
/// </summary>
internal sealed class HoconPathBuilder
{
    private readonly List<(string Name, HoconPlace Place)> _elements = [];
    private readonly StringBuilder _name = new();
    private HoconPlace _place;
    private bool _begun;
    private bool _quoted;
    private string _blank = "";
    private HoconPlace? _emptyAt;

    internal bool IsEmpty { get; private set; } = true;

    /// <param name="token">Unquoted, quoted or blank.</param>
    internal void Add(HoconToken token)
    {
        if (token.Kind == HoconTokenKind.Blank)
        {
            // In front of the expression and behind it white space does not count.
            _blank = IsEmpty ? "" : token.Text;
            return;
        }

        IsEmpty = false;
        Begin(token.Place);
        _name.Append(_blank);
        _blank = "";
        if (token.Kind == HoconTokenKind.Quoted)
        {
            _quoted = true;
            _name.Append(token.Text);
            return;
        }

        for (var i = 0; i < token.Text.Length; i++)
        {
            // A place without a line belongs to a source without lines.
            var place = token.Place.Line == 0 ? token.Place : token.Place with { Column = token.Place.Column + i };
            if (token.Text[i] == '.')
            {
                End(place);
            }
            else
            {
                Begin(place);
                _name.Append(token.Text[i]);
            }
        }
    }

    /// <summary>The elements, or null where one of them is empty without quotes.</summary>
    /// <param name="emptyAt">The dot behind which, or the place at which, a name is missing.</param>
    internal List<(string Name, HoconPlace Place)>? Build(out HoconPlace emptyAt)
    {
        End(_place);
        emptyAt = _emptyAt.GetValueOrDefault();
        return _emptyAt is null ? _elements : null;
    }

    private void Begin(HoconPlace place)
    {
        if (!_begun)
        {
            _begun = true;
            _place = place;
        }
    }

    private void End(HoconPlace place)
    {
        if (_name.Length == 0 && !_quoted)
        {
            _emptyAt ??= place;
        }

        _elements.Add((_name.ToString(), _place));
        _name.Clear();
        _quoted = false;
        _begun = false;
        _place = place;
    }
}
