namespace KeyRecovery.Service.Keys;

/// <summary>The life of a KEK. The numbers are the ring's format.</summary>
public enum KekState
{
    /// <summary>Durable, not yet used: every instance learns of it first.</summary>
    Next = 1,

    /// <summary>Wraps new subject keys. A ring has exactly one.</summary>
    Current = 2,

    /// <summary>Wraps nothing new; rows move away from it.</summary>
    Retiring = 3,

    /// <summary>Gone. Its id is kept so that it is never given again.</summary>
    Destroyed = 4,
}
