using System.Diagnostics.CodeAnalysis;
using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Api.Options;

/// <summary>The file of <c>Log:Policy</c>: a tlog-policy whose witnesses the server can ask.</summary>
internal static class LogPolicyFile
{
    /// <summary>The most witnesses: 64. A note has no more than 100 signatures.</summary>
    public const int MaxWitnesses = 64;

    /// <summary>Reads it.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="policy">What it says.</param>
    /// <param name="fault">What is wrong with it, for the operator.</param>
    public static bool TryRead(
        string path, [NotNullWhen(true)] out LogPolicy? policy, [NotNullWhen(false)] out string? fault)
    {
        policy = null;
        byte[] bytes;
        try
        {
            using var file = File.OpenRead(path);
            bytes = new byte[LogPolicy.MaxSize + 1];
            bytes = bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
        {
            fault = $"cannot be read: {unread.Message}";
            return false;
        }

        if (!LogPolicy.TryParse(bytes, out var read, out fault)) return false;
        fault = Fault(read);
        if (fault is not null) return false;
        policy = read;
        return true;
    }

    /// <summary>Where a witness is asked; null where that is no address that is taken.</summary>
    public static Uri? AddressOf(LogPolicyEntry witness) =>
        Uri.TryCreate(witness.Url, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
        && url is { UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0 } ? url : null;

    private static string? Fault(LogPolicy policy)
    {
        if (policy.Witnesses.Length > MaxWitnesses) return $"has more than {MaxWitnesses} witnesses";
        if (policy.Witnesses.FirstOrDefault(w => w.Url is not null && AddressOf(w) is null) is { } wrong)
            return $"the witness {wrong.Key.Name} has an address that is neither https nor of this machine";
        var asked = policy.Witnesses.Where(witness => witness.Url is not null).Select(witness => witness.Key)
            .ToHashSet();
        return policy.IsQuorum(asked.Contains) ? null : "its quorum needs witnesses that have no address there";
    }
}
