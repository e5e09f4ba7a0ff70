using System.Text;
using KeyRecovery.Client.Results;
using KeyRecovery.Protocol.Linking;

namespace KeyRecovery;

/// <summary>How a new device presents itself, and what it shows and asks while it is linked.</summary>
public sealed record LinkJoin
{
    /// <summary>Its name, at most 64 bytes of UTF-8. Sealed: the server never sees it.</summary>
    public required string DeviceName { get; init; }

    /// <summary>What it is, for example <c>Linux</c>, at most 32 bytes of UTF-8.</summary>
    public required string Platform { get; init; }

    /// <summary>Shows six digits, to be typed on the other device; told how many tries are left, 3 to 1.</summary>
    public required Action<string, int> ShowDigits { get; init; }

    /// <summary>
    /// Shows the account that this device would join, and asks. Default: yes, since the person came to join.
    /// </summary>
    public Func<AccountId, CancellationToken, Task<bool>> Consent { get; init; } = static (_, _) =>
        Task.FromResult(true);

    internal ClientFailure? FindFault()
    {
        if (!NameWords.TryRead("a device's name", DeviceName, out _, out var fault)) return fault;
        if (!NameWords.TryRead("a platform's name", Platform, out _, out fault)) return fault;
        return Encoding.UTF8.GetByteCount(Platform) > LinkLimits.PlatformBytes
            ? new ClientFailure.Invalid($"a platform's name has at most {LinkLimits.PlatformBytes} bytes") : null;
    }
}
