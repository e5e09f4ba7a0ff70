namespace KeyRecovery.Service.Moves;

/// <summary>A move that is not begun, or does not go on; the message tells an operator why.</summary>
public sealed class MoveRefusedException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">Why.</param>
    public MoveRefusedException(string message) : base(message) { }

    /// <summary>Makes the exception.</summary>
    public MoveRefusedException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Makes the exception without a reason.</summary>
    public MoveRefusedException() : base("the move was refused") { }
}
