using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Realms;

namespace KeyRecovery.Testing.Realms;

/// <summary>A guess that can be sent.</summary>
/// <param name="Request">What is sent.</param>
/// <param name="Oprf">What unblinds the answer.</param>
public sealed record TestGuess(RealmEvaluate Request, OprfRequest Oprf)
{
    /// <summary>Its id.</summary>
    public AttemptId Attempt => Request.Attempt;

    /// <summary>The body.</summary>
    public byte[] Body { get; } = Request.Encode();
}
