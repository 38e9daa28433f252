namespace FaceLive
{
    /// <summary>A component beside LiveAvatar that shows what a map cannot say: it gets the avatar's values when they change.</summary>
    public interface IAvatarExtension
    {
        /// <summary>avatar: identity, style and colour, in the order of Schema.AvatarNames.</summary>
        void ShowAvatar(Schema schema, float[] avatar);
    }
}
