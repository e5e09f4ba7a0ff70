using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace KeyRecovery.EndToEnd.Tests.Instances;

/// <summary>What a process connects to, as the system sees it.</summary>
internal static partial class Strace
{
    /// <summary>A command that becomes the program behind it, and writes down its connects beside it.</summary>
    public static IReadOnlyList<string> Command(string file) =>
        ["strace", "-D", "-f", "-qq", "-s", "256", "-e", "trace=connect", "-o", file];

    /// <summary>Where it has connected to, or has tried to; sockets of this machine's file system left out.</summary>
    public static HashSet<IPEndPoint> Connects(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        var all = new HashSet<IPEndPoint>();
        foreach (Match call in Call().Matches(reader.ReadToEnd()))
        {
            var address = IPAddress.Parse(call.Groups[2].Value);
            all.Add(new IPEndPoint(
                address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address,
                int.Parse(call.Groups[1].Value, CultureInfo.InvariantCulture)));
        }

        return all;
    }

    [GeneratedRegex(@"sin6?_port=htons\((\d+)\),[^}]*?(?:inet_addr\(|inet_pton\(AF_INET6, )""([^""]+)""")]
    private static partial Regex Call();
}
