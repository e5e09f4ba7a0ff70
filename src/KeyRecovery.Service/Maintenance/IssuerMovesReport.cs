using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Maintenance;

/// <summary>What a pass over all accounts came to, of apps whose issuer has a new name.</summary>
public sealed class IssuerMovesReport
{
    private int _moved;
    private int _taken;
    private int _failed;

    /// <summary>Moved by this pass, or in a dry run: that would be.</summary>
    public int Moved => _moved;

    /// <summary>Under the new name already.</summary>
    public int There { get; internal set; }

    /// <summary>Whose user has another account under the new name: both stay, for people to decide.</summary>
    public int Taken => _taken;

    /// <summary>That could not be moved now: another pass tries again.</summary>
    public int Failed => _failed;

    /// <summary>That do not open.</summary>
    public int Damaged { get; internal set; }

    internal void Count(Outcome<bool> outcome)
    {
        if (outcome is not Outcome<bool>.Failed(var failure)) Interlocked.Increment(ref _moved);
        else if (failure.Code == ErrorCode.AccountExists) Interlocked.Increment(ref _taken);
        // An account that is gone needs no move.
        else if (failure.Code is not (ErrorCode.Erased or ErrorCode.NotFound)) Interlocked.Increment(ref _failed);
    }
}
