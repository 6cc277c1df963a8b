using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration;

/// <summary>
/// A <c>--set key=value</c>. The key is a full path, of which <c>actortunnel.</c> may be left out. The value is HOCON if it begins with
/// <c>[</c>, <c>{</c> or <c>"</c>, or holds <c>${</c>; else it is the text as it stands, so that <c>bind=127.0.0.1:10000</c> needs no
/// quotes inside the shell's.
/// </summary>
internal static class SetOption
{
    /// <param name="reader">Takes the value.</param>
    /// <param name="number">From 1; messages call the option <c>--set #n</c>.</param>
    /// <param name="option">As given on the command line.</param>
    /// <param name="workingDirectory">For an include inside the value.</param>
    internal static ConfigurationMistake? AddTo(HoconReader reader, int number, string option, string workingDirectory)
    {
        var name = $"--set #{number}";
        var separator = SeparatorOf(option);
        if (separator <= 0)
        {
            return new ConfigurationMistake(HoconPlace.Whole(name), null, null, $"found '{option}'", "key=value");
        }

        var key = FullKey(option[..separator].Trim());
        var value = option[(separator + 1)..].Trim();
        var isHocon = value is ['[' or '{' or '"', ..] || value.Contains("${", StringComparison.Ordinal);
        var text = isHocon || HoconText.Unquoted(value, HoconPlace.Whole(name)) is not HoconString ? value : HoconText.Quote(value);
        var mistake = reader.Add(HoconSource.FromOption(name, $"{key} = {text}", workingDirectory));
        return mistake is null ? null : mistake with { Key = key, Value = value };
    }

    /// <summary>The first '=' outside quotes, or -1.</summary>
    private static int SeparatorOf(string option)
    {
        var quoted = false;
        for (var i = 0; i < option.Length; i++)
        {
            quoted ^= option[i] == '"';
            if (option[i] == '=' && !quoted)
            {
                return i;
            }
        }

        return -1;
    }

    private static string FullKey(string key) =>
        key.Split('.')[0].Trim() is "akka" or "actortunnel" ? key : $"actortunnel.{key}";
}
