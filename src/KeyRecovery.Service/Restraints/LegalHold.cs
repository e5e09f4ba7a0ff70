namespace KeyRecovery.Service.Restraints;

/// <summary>A legal hold, standing or past.</summary>
/// <param name="Reason">Why, for operators with the scope alone: 1 to 512 bytes, empty once the account is erased.
/// </param>
/// <param name="Reference">The case, likewise; 1 to 128 bytes.</param>
/// <param name="Since">When it was placed, in seconds since 1970.</param>
/// <param name="By">The issuer of the operator who placed it: 1 to 256 bytes.</param>
/// <param name="Released">When it was released, likewise; 0 while it stands.</param>
/// <param name="ReleasedBy">The issuer of the operator who released it; empty while it stands.</param>
public sealed record LegalHold(
    string Reason, string Reference, ulong Since, string By, ulong Released = 0, string ReleasedBy = "")
{
    /// <summary>The longest reason, in bytes of UTF-8.</summary>
    public const int MaxReason = 512;

    /// <summary>The longest reference, in bytes of UTF-8.</summary>
    public const int MaxReference = 128;

    /// <summary>Whether it stands.</summary>
    public bool IsOpen => Released == 0;
}
