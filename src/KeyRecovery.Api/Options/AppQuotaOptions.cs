using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Api.Options;

/// <summary>How much an app may have.</summary>
internal sealed class AppQuotaOptions
{
    /// <summary>The most accounts: 1 to 1,000,000,000. Default none.</summary>
    public long? Accounts { get; set; }

    /// <summary>
    /// The sealed sizes of all that its accounts keep, in bytes: 1 MiB to 2^50. Default none.
    /// </summary>
    public long? Bytes { get; set; }

    /// <summary>As the service reads it.</summary>
    public AppQuota ToQuota() => new(Accounts, Bytes);

    /// <summary>Whether they are in their ranges.</summary>
    public void Check(string key, Failures failures)
    {
        if (Accounts is < 1 or > 1_000_000_000) failures.Add($"{key}:Accounts", "is from 1 to 1000000000");
        if (Bytes is < 1L << 20 or > 1L << 50) failures.Add($"{key}:Bytes", "is from 1048576 to 1125899906842624");
    }
}
